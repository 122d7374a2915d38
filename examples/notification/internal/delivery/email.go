package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"time"
)

// Email sends notifications through an SMTP server.
type Email struct {
	address  string // host:port
	from     string
	username string
	password string
	timeout  time.Duration
}

// NewEmail logs in only if username is not empty.
func NewEmail(address, from, username, password string, timeout time.Duration) *Email {
	return &Email{address: address, from: from, username: username, password: password, timeout: timeout}
}

// Name implements Channel.
func (e *Email) Name() string { return "email" }

// Deliver implements Channel.
func (e *Email) Deliver(ctx context.Context, job Job) (string, error) {
	recipient, err := mail.ParseAddress(job.Notification.Recipient)
	if err != nil {
		return "", permanent(fmt.Errorf("recipient: %w", err))
	}
	content, err := e.compose(job, recipient)
	if err != nil {
		return "", permanent(err)
	}
	target := "mailto:" + recipient.Address
	if err := e.send(ctx, recipient.Address, content); err != nil {
		// 5xx of SMTP: the server will not change its mind.
		var reply *textproto.Error
		if errors.As(err, &reply) && reply.Code >= 500 {
			return target, permanent(err)
		}
		return target, err
	}
	return target, nil
}

// compose returns the message with its header.
func (e *Email) compose(job Job, recipient *mail.Address) ([]byte, error) {
	n := job.Notification
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\n", e.from, recipient)
	fmt.Fprintf(&b, "Subject: %s\r\n", mime.QEncoding.Encode("utf-8", n.Subject))
	fmt.Fprintf(&b, "Date: %s\r\nMessage-ID: <%s@notification>\r\n", n.CreatedAt.Format(time.RFC1123Z), n.ID)
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n")
	b.WriteString("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
	body := quotedprintable.NewWriter(&b)
	if _, err := body.Write([]byte(n.Text())); err != nil {
		return nil, err
	}
	return b.Bytes(), body.Close()
}

// send speaks SMTP, with TLS where the server offers it.
func (e *Email) send(ctx context.Context, recipient string, content []byte) error {
	host, _, err := net.SplitHostPort(e.address)
	if err != nil {
		return permanent(err)
	}
	dialer := net.Dialer{Timeout: e.timeout}
	conn, err := dialer.DialContext(ctx, "tcp", e.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(e.timeout)); err != nil {
		return err
	}
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	if offered, _ := client.Extension("STARTTLS"); offered {
		if err := client.StartTLS(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}); err != nil {
			return err
		}
	}
	if e.username != "" {
		if err := client.Auth(smtp.PlainAuth("", e.username, e.password, host)); err != nil {
			return err
		}
	}
	if err := client.Mail(e.from); err != nil {
		return err
	}
	if err := client.Rcpt(recipient); err != nil {
		return err
	}
	writer, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := writer.Write(content); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return client.Quit()
}
