// Command notification accepts notifications, routes and delivers them, and
// records in datastorage what has become of each.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/time/rate"

	"example.com/notification/internal/api"
	"example.com/notification/internal/config"
	"example.com/notification/internal/deadletter"
	"example.com/notification/internal/delivery"
	"example.com/notification/internal/dispatch"
	"example.com/notification/internal/record"
	"example.com/notification/internal/routing"
	"example.com/notification/internal/validate"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		slog.Error("notification failed", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	log := cfg.Logger(os.Stderr)
	slog.SetDefault(log)

	channels := channelsOf(cfg)
	var names []string
	for _, channel := range channels {
		names = append(names, channel.Name())
	}
	routes, err := routesOf(cfg.RoutingFile, names)
	if err != nil {
		return err
	}
	records := record.NewClient(cfg.DatastorageURL, 5*time.Second)
	letters := deadletter.NewBox(filepath.Join(cfg.DeliveryDir, "deadletters"))
	policy := delivery.Policy{Attempts: cfg.RetryAttempts, Initial: cfg.RetryInitial, Maximum: cfg.RetryMaximum}
	dispatcher := dispatch.New(channels, policy, records, letters, cfg.QueueSize, cfg.Workers, log)
	handler := &api.API{
		Validator:  &validate.Validator{Channels: names, AllowedHosts: cfg.WebhookHosts},
		Routes:     routes,
		Records:    records,
		Dispatcher: dispatcher,
		Letters:    letters,
		Limiter:    rate.NewLimiter(rate.Limit(cfg.RateLimit), cfg.RateLimit),
		AdminToken: cfg.AdminToken,
		Log:        log,
	}
	listener, err := net.Listen("tcp", cfg.Address())
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler.Handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Info("listening", "address", listener.Addr().String(), "datastorage", cfg.DatastorageURL,
		"channels", names, "delivery_dir", cfg.DeliveryDir)

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	log.Info("shutting down", "waiting", dispatcher.Waiting())
	handler.Drain()
	// Requests still arrive until every proxy knows that this endpoint is gone.
	time.Sleep(cfg.ShutdownDelay)
	deadline, cancel := context.WithTimeout(context.Background(), cfg.ShutdownTimeout)
	defer cancel()
	// What cannot be delivered any more is recorded and kept as dead letter,
	// so that this is no failure of the service.
	if err := errors.Join(server.Shutdown(deadline), dispatcher.Drain(deadline)); err != nil {
		log.Warn("shutdown was not complete", "error", err)
	}
	log.Info("stopped")
	return nil
}

func channelsOf(cfg config.Config) []delivery.Channel {
	channels := []delivery.Channel{
		delivery.NewConsole(os.Stdout),
		delivery.NewFile(filepath.Join(cfg.DeliveryDir, "deliveries")),
		delivery.NewWebhook(cfg.WebhookTimeout, cfg.WebhookSecret),
	}
	if cfg.SMTPAddress != "" {
		channels = append(channels,
			delivery.NewEmail(cfg.SMTPAddress, cfg.SMTPFrom, cfg.SMTPUsername, cfg.SMTPPassword, 10*time.Second))
	}
	return channels
}

func routesOf(path string, channels []string) (*routing.Table, error) {
	if path == "" {
		return routing.Default(), nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("ROUTING_FILE: %w", err)
	}
	defer file.Close()
	routes, err := routing.Read(file, channels)
	if err != nil {
		return nil, fmt.Errorf("ROUTING_FILE %s: %w", path, err)
	}
	return routes, nil
}
