// Command datastorage stores records of notifications behind an HTTP API.
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
	"sync"
	"syscall"
	"time"

	"example.com/datastorage/internal/cache"
	"example.com/datastorage/internal/config"
	"example.com/datastorage/internal/httpapi"
	"example.com/datastorage/internal/readiness"
	"example.com/datastorage/internal/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		slog.Error("datastorage failed", "error", err)
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

	records, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer records.Close()
	recent, err := openCache(cfg)
	if err != nil {
		return err
	}
	defer recent.Close()

	ready := readiness.New(2*time.Second, map[string]readiness.Check{"database": records.Ping, "cache": recent.Ping})
	api := httpapi.New(records, recent, cfg.CacheTTL, ready, log)
	listener, err := net.Listen("tcp", cfg.Address())
	if err != nil {
		return err
	}
	server := &http.Server{Handler: api.Handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}

	// What runs beside the server ends before the store is closed.
	background, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	failed := make(chan error, 2)

	// The server listens before the database is there: probes get an answer,
	// and a database that comes up later costs no restart.
	go func() { failed <- server.Serve(listener) }()
	log.Info("listening", "address", listener.Addr().String(), "database", records.Kind(), "cache", recent.Kind())

	running.Add(1)
	go func() {
		defer running.Done()
		if err := migrate(background, records, cfg.StartupTimeout, log); err != nil {
			failed <- err
			return
		}
		ready.Set(readiness.Serving)
		log.Info("serving")
		if cfg.Retention > 0 {
			api.Retention().Run(background, cfg.Retention, cfg.RetentionInterval)
		}
	}()

	select {
	case err := <-failed:
		return errors.Join(err, server.Close())
	case <-ctx.Done():
	}

	log.Info("shutting down", "delay", cfg.ShutdownDelay.String())
	ready.Set(readiness.Draining)
	// Requests still arrive until every proxy knows that this endpoint is gone.
	time.Sleep(cfg.ShutdownDelay)
	deadline, cancelDeadline := context.WithTimeout(context.Background(), cfg.ShutdownTimeout)
	defer cancelDeadline()
	if err := server.Shutdown(deadline); err != nil {
		return fmt.Errorf("shutdown: %w", err)
	}
	log.Info("stopped")
	return nil
}

func openStore(ctx context.Context, cfg config.Config) (*store.Store, error) {
	if cfg.DatabaseURL != "" {
		return store.OpenPostgres(cfg.DatabaseURL)
	}
	return store.OpenSQLite(ctx, cfg.DataDir)
}

func openCache(cfg config.Config) (cache.Cache, error) {
	if cfg.RedisURL != "" {
		return cache.NewRedis(cfg.RedisURL)
	}
	return cache.NewMemory(cfg.CacheEntries), nil
}

// migrate tries until the schema is there, ctx ends or timeout is over.
func migrate(ctx context.Context, records *store.Store, timeout time.Duration, log *slog.Logger) error {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		applied, err := records.Migrate(limited)
		if err == nil {
			log.Info("schema is up to date", "applied", applied)
			return nil
		}
		if ctx.Err() != nil {
			return nil // a signal came first
		}
		log.Warn("database not ready", "error", err, "retry_in", wait.String())
		select {
		case <-limited.Done():
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("database not ready after %s: %w", timeout, err)
		case <-time.After(wait):
		}
	}
}
