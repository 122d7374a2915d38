# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the checkout importable as ``ansible_collections.gocover.e2e``, the way Ansible itself does it.

Ansible's collection finder is used rather than a plain entry in ``sys.path``, so that ``plugins/`` needs no
``__init__.py`` files and an import that works here works in a playbook. It follows the link in
``.ansible/collections``; under ``ansible-test units`` the finder is there already.
"""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def _make_collection_importable(collections: Path) -> None:
    from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

    if any(isinstance(finder, _AnsibleCollectionFinder) for finder in sys.meta_path):
        return
    _AnsibleCollectionFinder(paths=[str(collections)])._install()


_make_collection_importable(CHECKOUT / ".ansible" / "collections")
