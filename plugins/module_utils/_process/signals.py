# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process does with signals, as far as the kernel tells."""

from __future__ import annotations

import re
import signal
from pathlib import Path


def ignores_sigterm(pid: int) -> bool:
    """Whether the process ignores SIGTERM (proc(5): SigIgn is a mask in hexadecimal); False where it cannot be seen.

    A Go program that calls signal.Notify and never looks into the channel does not show here: the runtime catches
    every signal.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    mask = re.search(r"^SigIgn:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return mask is not None and bool(int(mask[1], 16) & (1 << (signal.SIGTERM - 1)))
