# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Headless Chromium for the tests of the HTML pages, and pages made from a small coverage with every feature on it.

Needs Debian's packages chromium and chromium-driver, PyPI's selenium 4, and npm to fetch axe-core once into a cache.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / ".ansible/collections"))
AXE_VERSION = "4.14.1"

Driver = webdriver.Chrome
Browse = Callable[..., Driver]


def program(name: str, package: str) -> str:
    """The path of a program that the tests need; without it they fail and say which package has it."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is not on PATH: install Debian's package {package}", pytrace=False)
    return path


@pytest.fixture(scope="session")
def browse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browse]:
    """browse(dark=False, javascript=True, size="1280,900") gives a browser of that kind, started once a session."""
    running: dict[tuple[Any, ...], Driver] = {}

    def start(dark: bool = False, javascript: bool = True, size: str = "1280,900") -> Driver:
        key = (dark, javascript, size)
        if key not in running:
            options = webdriver.ChromeOptions()
            options.binary_location = program("chromium", "chromium")
            switches = (
                "headless=new no-sandbox disable-gpu disable-background-networking no-first-run"
                f" disable-component-update disable-sync window-size={size}"
                f" user-data-dir={tmp_path_factory.mktemp('profile')}"
            )
            for switch in switches.split():
                options.add_argument(f"--{switch}")
            if dark:
                options.add_argument("--blink-settings=preferredColorScheme=0")
            if not javascript:
                options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
            options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
            service = Service(program("chromedriver", "chromium-driver"))
            running[key] = webdriver.Chrome(options=options, service=service)
        return running[key]

    yield start
    for driver in running.values():
        driver.quit()


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core, from a cache outside the checkout; npm fetches it the first time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "gocover-e2e"
    script = cache / f"axe-core-{AXE_VERSION}.min.js"
    if not script.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        command = [
            program("npm", "npm"),
            "pack",
            f"axe-core@{AXE_VERSION}",
            "--pack-destination",
            str(cache),
            "--silent",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        package = cache / f"axe-core-{AXE_VERSION}.tgz"
        with tarfile.open(package) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            part = script.with_suffix(f".{os.getpid()}")
            part.write_bytes(member.read())
        part.replace(script)
        package.unlink(missing_ok=True)
    return script.read_text(encoding="utf-8")
