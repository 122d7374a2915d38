# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small instrumented service in Go, built once, that answers, does not answer, or crashes, as it is told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._golang import build

# For ansible_play.
sys.path.insert(0, str(Path(__file__).parent))

# Only package net, not net/http, so that it builds fast where nothing is cached yet.
SERVICE = r"""package main

import (
    "bufio"
    "fmt"
    "net"
    "os"
    "os/signal"
    "syscall"
)

func serve(listener net.Listener, answer string) {
    for {
        connection, err := listener.Accept()
        if err != nil {
            return
        }
        go func() {
            defer connection.Close()
            request := bufio.NewReader(connection)
            for {
                line, err := request.ReadString('\n')
                if err != nil {
                    return
                }
                if line == "\r\n" {
                    break
                }
            }
            fmt.Fprintf(connection, "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", answer)
        }()
    }
}

func main() {
    answer := "200 OK"
    address := "127.0.0.1:" + os.Getenv("PORT")
    for _, word := range os.Args[1:] {
        switch word {
        case "crash":
            fmt.Println("no database at", os.Getenv("DATABASE"))
            os.Exit(3)
        case "panic":
            panic("out of order")
        case "unready":
            answer = "503 Unavailable"
        case "elsewhere":
            address = "127.0.0.1:0"
        case "port":
            address = "127.0.0.1:" + os.Args[2]
        }
    }
    listener, err := net.Listen("tcp", address)
    if err != nil {
        fmt.Println(err)
        os.Exit(1)
    }
    fmt.Println("listening, DATABASE is", os.Getenv("DATABASE"))
    go serve(listener, answer)
    ending := make(chan os.Signal, 1)
    signal.Notify(ending, syscall.SIGTERM)
    <-ending
    listener.Close()
}
"""


@pytest.fixture(scope="session")
def service_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    module = tmp_path_factory.mktemp("service")
    (module / "go.mod").write_text("module example.test/service\n\ngo 1.21\n")
    (module / "main.go").write_text(SERVICE)
    binary = module / "service"
    env = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": ""}
    build.build(build.BuildSpec(module, ".", binary, "atomic", env={**os.environ, **env}), on_line=print)
    return binary
