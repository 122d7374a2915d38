# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages in headless Chromium, opened from file://."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.page import document as page
from ansible_collections.gocover.e2e.plugins.module_utils._report.page import overview as overview_html
from ansible_collections.gocover.e2e.plugins.module_utils._report.page import service as html
from conftest import Browse, Driver
from pages import HOSTILE, big_coverage, held_against, small_coverage, summary_of
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

ROUTE = "example.com/notification/route/route.go"
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a small report with every feature on it."""
    coverage, sources, excluded = small_coverage()
    missed = [{"name": "total <b>", "minimum": 80, "actual": 54.5, "passed": False}]
    failed = {"passed": False, "seconds": 3, "total": 3, "failed": ["TestSend<b>"]}
    summary = summary_of(coverage, passed=False, thresholds=missed, tests=failed, **held_against())
    path = tmp_path_factory.mktemp("report") / "index.html"
    path.write_text(html.render(coverage, summary, sources, excluded), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def overview(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page over three services, one of which failed before there was anything to count."""
    coverage, _sources, _excluded = small_coverage()
    failed = {"cause": "no-counters", "message": "no counters came back: <script>document.title=1</script>"}
    summaries: list[Any] = [
        summary_of(coverage),
        summary_of(coverage, service="gateway", statements={"covered": 9, "total": 10, "percent": 90.0}),
        {"service": "<i>toolset</i>", "passed": False, "outcome": failed},
    ]
    path = tmp_path_factory.mktemp("overview") / "index.html"
    path.write_text(overview_html.render_overview(summaries, "2026-11-21T08:00:12Z"), encoding="utf-8")
    return path.as_uri()


def go(driver: Driver, address: str) -> Driver:
    """Opens `address` in a fresh page, and waits until its view is complete."""
    driver.get("about:blank")
    driver.get_log("browser")
    driver.get_log("performance")
    driver.get(address)
    settle(driver)
    return driver


def settle(driver: Driver) -> None:
    script = (
        "return !document.querySelector('#data') || document.documentElement.dataset.ready === hash32(location.hash)"
    )
    WebDriverWait(driver, 10, 0.02).until(lambda d: d.execute_script(script))


def wait(driver: Driver, condition: Callable[[Driver], bool], timeout: float = 10) -> None:
    """Waits for `condition`, which may look at rows while the page replaces them."""
    WebDriverWait(driver, timeout, 0.05, [StaleElementReferenceException]).until(condition)


def press(driver: Driver, *keys: str) -> None:
    driver.find_element(By.TAG_NAME, "body").send_keys(*keys)
    settle(driver)


def texts(driver: Driver, selector: str) -> list[str]:
    """The text of each visible element that fits `selector`."""
    return [element.text for element in driver.find_elements(By.CSS_SELECTOR, selector) if element.is_displayed()]


def said(driver: Driver) -> str:
    """What a screen reader was told last."""
    return str(driver.find_element(By.ID, "said").get_attribute("textContent"))


def line_states(driver: Driver) -> dict[int, str]:
    rows = driver.find_elements(By.CSS_SELECTOR, ".l")
    return {int(str(row.get_attribute("data-n"))): str(row.get_attribute("class")).split()[-1] for row in rows}


def focused_line(driver: Driver) -> str:
    return " ".join(str(row.get_attribute("data-n")) for row in driver.find_elements(By.CSS_SELECTOR, ".l.on"))


def requests_of(driver: Driver) -> list[str]:
    """The addresses that the page asked for since it was opened."""
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    return [address for address in sent if not address.startswith(("data:", "about:"))]


@pytest.mark.parametrize("fragment", ["", "#functions", f"#{ROUTE}", f"#{ROUTE}:8", "#nothing:1", "#%"])
def test_opens_from_a_file_without_errors_or_requests(browse: Browse, report: str, fragment: str) -> None:
    driver = go(browse(), report + fragment)
    assert driver.get_log("browser") == []
    assert [address for address in requests_of(driver) if address.split("#")[0] != report] == []


def test_headline_says_what_the_summary_says(browse: Browse, report: str) -> None:
    header = go(browse(), report).find_element(By.TAG_NAME, "header").text
    for words in ("notification", "50.0%", "6 of 12 statements", "failed", "go1.26.8", "2026-11-21 08:00 UTC", "count"):
        assert words in header
    assert "The gate statements.percent > `60` (x) is false" in header
    assert "total <b> is at 54.5%, required: 80%" in header
    assert "1 of 3 tests failed: TestSend<b>. The coverage includes the failed run." in header


def test_sorts_packages_and_their_files(browse: Browse, report: str) -> None:
    driver = go(browse(), report)
    names = "#packages .group th"
    before = texts(driver, names)
    button = driver.find_element(By.XPATH, "//table[@id='package-table']//th[button[text()='Percent']]/button")
    button.click()
    ascending = texts(driver, names)
    assert ascending != before
    assert ascending[-1].endswith("route")
    assert button.find_element(By.XPATH, "..").get_attribute("aria-sort") == "ascending"
    button.click()
    assert texts(driver, names) == sorted(ascending, key=ascending.index, reverse=True)
    assert texts(driver, "#packages tbody:has([id$='/api']) .file a") == ["api.go", "absent.go"]


def test_filters_and_hides_covered(browse: Browse, report: str) -> None:
    driver = go(browse(), report)
    assert "api.go" in texts(driver, ".file a")
    driver.find_element(By.ID, "hide").click()
    settle(driver)
    assert "api.go" not in texts(driver, ".file a")
    driver.find_element(By.ID, "filter").send_keys("ROUTE")
    wait(driver, lambda d: texts(d, ".file a") == ["route.go"])
    driver.find_element(By.ID, "filter").send_keys("nothing like it")
    wait(driver, lambda d: texts(d, "#none") == ["No files match."])


def test_folds_a_package(browse: Browse, report: str) -> None:
    driver = go(browse(), report)
    button = driver.find_element(By.CSS_SELECTOR, "tbody:has([id$='/route']) .fold")
    assert "route.go" in texts(driver, ".file a")
    button.click()
    assert "route.go" not in texts(driver, ".file a")
    assert button.get_attribute("aria-expanded") == "false"


def test_excluded_files_are_shown_as_excluded(browse: Browse, report: str) -> None:
    rows = texts(go(browse(), report), "tr.excluded")
    assert [row.split("\n")[0] for row in rows] == [
        "zz_generated.go excluded generated file",
        "mock.go excluded pattern <mock>/**",
    ]


def test_what_it_is_held_against_unfolds_and_links_to_lines(browse: Browse, report: str) -> None:
    driver = go(browse(), report)
    assert texts(driver, ".held summary") == [
        "Changed since origin/main: 33.3% of 3 statements ran, 2 of 3 lines did not",
        "Test levels: unit 42.9%, e2e 57.1%, both 28.6%, only e2e 28.6%, any 71.4%",
        "Not counted: 10 statements in 2 places, and why",
    ]
    assert texts(driver, "#held-levels td") == []
    go(driver, report + "#held-levels")
    assert texts(driver, "#held-levels tr")[1].split() == [
        "example.com/notification/route", "42.9%", "57.1%", "28.6%", "28.6%", "71.4%",
    ]  # fmt: skip
    driver.find_element(By.XPATH, "//details[@id='held-levels']//th[button[text()='unit']]/button").click()
    driver.find_element(By.CSS_SELECTOR, "#held-changed td a").click()
    settle(driver)
    assert focused_line(driver) == "6"
    label = driver.find_element(By.CSS_SELECTOR, ".l[data-n='6'] a").get_attribute("aria-label")
    assert label == "Line 6, not covered, changed since origin/main"
    label = driver.find_element(By.CSS_SELECTOR, ".l[data-n='12'] a").get_attribute("aria-label")
    assert label == "Line 12, no statements, not counted: a comment in the source: logs"


def test_source_shows_covered_uncovered_and_partial_lines(browse: Browse, report: str) -> None:
    driver = go(browse(), f"{report}#{ROUTE}")
    states = line_states(driver)
    assert {n: states[n] for n in range(3, 14)} == {
        3: "l", 4: "c", 5: "c", 6: "u", 7: "u", 8: "p", 9: "c", 10: "c", 11: "l", 12: "x", 13: "u",
    }  # fmt: skip
    # Columns of the profile are bytes: behind two letters of two bytes each, the mark must still sit on the body.
    assert texts(driver, ".l[data-n='8'] mark") == ["{ return s }"]
    assert texts(driver, ".l[data-n='8'] b") == ["12"]
    assert (
        driver.find_element(By.CSS_SELECTOR, ".l[data-n='7'] a").get_attribute("aria-label")
        == "Line 7, not covered, changed since origin/main"
    )
    assert texts(driver, ".l[data-n='10'] .s") == ["text`"]
    assert texts(driver, "#outline a") == ["Route\n66.7%", "Never\n0.0%"]


def test_keys_walk_the_uncovered_places(browse: Browse, report: str) -> None:
    driver = go(browse(), f"{report}#{ROUTE}")
    seen = []
    for key in "nnnnp":
        press(driver, key)
        seen.append(focused_line(driver))
    assert seen == ["6", "13", "13", "13", "6"]
    assert driver.current_url.endswith(":6")
    assert said(driver) == "Lines 6 to 8 not covered"
    press(driver, "?")
    assert driver.find_element(By.ID, "keys").is_displayed()
    driver.find_element(By.CSS_SELECTOR, "#keys button").click()
    press(driver, "o")
    assert driver.find_element(By.ID, "packages").is_displayed()
    press(driver, "f")
    assert driver.find_element(By.ID, "function-rows").is_displayed()
    press(driver, "/", Keys.ESCAPE)


def test_uncovered_places_go_on_in_other_files(browse: Browse, report: str) -> None:
    driver = go(browse(), report)
    press(driver, "n")
    assert driver.current_url == f"{report}#{page.anchor(HOSTILE)}:1"
    press(driver, "n")
    assert texts(driver, "#file-name") == ["example.com/notification/api/absent.go"]
    assert said(driver) == "example.com/notification/api/absent.go has no source here; its blocks are listed"
    press(driver, "n")  # api.go is covered
    assert driver.current_url == f"{report}#{ROUTE}:6"
    press(driver, "n", "n")
    assert said(driver) == "Nothing uncovered below"
    press(driver, "p", "p")
    assert texts(driver, "#file-name") == ["example.com/notification/api/absent.go"]
    driver.back()
    settle(driver)
    assert texts(driver, "#file-name") == [ROUTE]


def test_prints_what_is_on_the_screen(browse: Browse, report: str) -> None:
    driver = go(browse(), f"{report}#{ROUTE}")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert texts(driver, "#file-name") == [ROUTE]
        assert len(texts(driver, ".l code")) == 13
        assert texts(driver, "button, label, #back") == []
        go(driver, report + "#functions")
        assert "Route" in texts(driver, "#function-rows th")
        go(driver, report)
        assert "route.go" in texts(driver, ".file a")
        assert texts(driver, "#tools, .fold, .map a") == []
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_neighbouring_files_by_key(browse: Browse, report: str) -> None:
    driver = go(browse(), report + "#example.com/notification/api/absent.go")
    press(driver, "]")
    assert texts(driver, "#file-name") == ["example.com/notification/api/api.go"]
    press(driver, "[")
    assert texts(driver, "#file-name") == ["example.com/notification/api/absent.go"]


def test_a_permalink_shows_its_line(browse: Browse, report: str) -> None:
    driver = go(browse(), f"{report}#{ROUTE}:9")
    assert focused_line(driver) == "9"
    assert driver.find_element(By.CSS_SELECTOR, ".l.on").is_displayed()
    driver.back()
    go(driver, report + "#package=example.com/notification/api")
    assert driver.find_element(By.ID, "packages").is_displayed()


def test_hides_covered_lines_and_brings_them_back(browse: Browse, report: str) -> None:
    driver = go(browse(), f"{report}#{ROUTE}")
    everything = len(line_states(driver))
    press(driver, "c")
    assert 0 < len(line_states(driver)) < everything
    driver.find_element(By.CSS_SELECTOR, ".gap").click()
    settle(driver)
    wait(driver, lambda d: len(line_states(d)) == everything)


def test_without_source_the_blocks_are_listed(browse: Browse, report: str) -> None:
    driver = go(browse(), report + "#example.com/notification/api/absent.go")
    assert "was not at hand" in driver.find_element(By.ID, "no-source").text
    assert texts(driver, "#block-rows tr") == ["3.13 to 5.2 2 not covered"]
    assert texts(driver, "#outline a") == ["*T.Absent\n0.0%"]


def test_functions_sort_and_filter(browse: Browse, report: str) -> None:
    driver = go(browse(), report + "#functions")
    driver.find_element(By.XPATH, "//section[@id='functions']//th[button[text()='Uncovered']]/button").click()
    wait(driver, lambda d: texts(d, "#function-rows th")[:2] == ["*T.Absent", "Route"])
    driver.find_element(By.XPATH, "//section[@id='functions']//th[button[text()='Calls']]/button").click()
    wait(driver, lambda d: texts(d, "#function-rows .calls")[:2] == ["4,000,000", "12"])
    driver.find_element(By.ID, "filter").send_keys("never")
    wait(driver, lambda d: texts(d, "#function-rows th") == ["Never"])
    driver.find_element(By.LINK_TEXT, "Never").click()
    settle(driver)
    assert focused_line(driver) == "13"


def test_hostile_names_and_sources_are_inert(browse: Browse, report: str) -> None:
    address = f"{report}#{page.anchor(HOSTILE)}:1"
    driver = go(browse(), address)
    assert texts(driver, "#file-name") == [HOSTILE]
    assert texts(driver, ".l code")[0] == "</script><script>document.title='owned'</script>"
    assert len(driver.find_elements(By.CSS_SELECTOR, ".l")) == 2
    assert driver.find_elements(By.CSS_SELECTOR, "img") == []
    assert len(driver.find_elements(By.TAG_NAME, "script")) == 3
    assert "owned" not in driver.title
    go(driver, report + "#functions")
    assert '<b onclick="x">' in texts(driver, "#function-rows th")


def test_dark_follows_the_system_and_the_button(browse: Browse, report: str) -> None:
    def background(driver: Driver) -> str:
        return str(driver.execute_script("return getComputedStyle(document.body).backgroundColor"))

    light = background(go(browse(), report))
    driver = go(browse(dark=True), report)
    dark = background(driver)
    assert light == "rgb(255, 255, 255)" and dark != light
    press(driver, "t")
    assert background(driver) == light

    def remembered(driver: Driver) -> bool:
        # On a busy machine Chromium hands on late, or loses, what the first pages of a new profile stored
        # (8 of 30 profiles, 2 of them for good): a reader would choose again.
        if background(driver) != light:
            press(driver, "t")
        return background(go(driver, report)) == light

    wait(driver, remembered, 20)
    driver.find_element(By.ID, "theme").click()
    assert background(driver) == dark


def test_tables_without_javascript(browse: Browse, report: str, overview: str) -> None:
    driver = browse(javascript=False)
    driver.get(report)
    assert {"route.go", "api.go", "absent.go"} <= set(texts(driver, "#packages .file a"))
    assert texts(driver, "#held-levels td") == []
    driver.find_element(By.CSS_SELECTOR, "#held-levels summary").click()
    assert texts(driver, "#held-levels td")[:2] == ["42.9%", "57.1%"]
    assert texts(driver, "#functions caption") == ["Functions"]
    assert "Route 4 4/6 66.7%" in texts(driver, "#functions tr")
    assert texts(driver, "#theme, #help, #filter, #more") == []
    driver.find_element(By.LINK_TEXT, "route.go").click()
    target = driver.find_element(By.CSS_SELECTOR, "tbody:target")
    assert target.text.splitlines()[0] == ROUTE
    driver.get(overview)
    assert texts(driver, "tbody th") == ["<i>toolset</i>", "gateway", "notification"]


def test_overview_links_sorts_and_says_why(browse: Browse, overview: str) -> None:
    driver = go(browse(), overview)
    assert driver.get_log("browser") == []
    links = [str(link.get_attribute("href")) for link in driver.find_elements(By.CSS_SELECTOR, "tbody a")]
    folder = overview.rpartition("/")[0]
    assert links == [f"{folder}/gateway/index.html", f"{folder}/notification/index.html"]
    assert "no-counters no counters came back: <script>document.title=1</script>" in texts(driver, "tbody tr")[0]
    driver.find_element(By.XPATH, "//th[button[text()='Percent']]/button").click()
    assert texts(driver, "tbody th") == ["<i>toolset</i>", "notification", "gateway"]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", ["1280,900", "500,900"])
def test_axe_finds_nothing_serious(browse: Browse, report: str, overview: str, axe: str, dark: bool, size: str) -> None:
    driver = browse(dark=dark, size=size)
    driver.get(report)
    driver.execute_script("localStorage.clear()")
    absent = "#example.com/notification/api/absent.go"
    for address in (
        report,
        report + "#held-levels",
        report + "#held-excluded",
        report + "#functions",
        f"{report}#{ROUTE}:8",
        report + absent,
        overview,
    ):
        go(driver, address)
        driver.execute_script(axe)
        result: dict[str, Any] = driver.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
        assert result["passes"]
        serious = [
            (violation["id"], [node["html"][:120] for node in violation["nodes"][:3]])
            for violation in result["violations"]
            if violation["impact"] in SERIOUS
        ]
        assert serious == [], address


def test_a_big_program_opens_quickly_and_small(browse: Browse, tmp_path: Path) -> None:
    coverage, sources = big_coverage()
    path = tmp_path / "index.html"
    path.write_text(html.render(coverage, summary_of(coverage), sources), encoding="utf-8")
    assert path.stat().st_size < 15_000_000
    driver = go(browse(), path.as_uri())
    opened = driver.execute_script("return performance.getEntriesByType('navigation')[0].loadEventEnd")
    # Measured at 0.2-0.4 s on two cores; the bound leaves room for a busy machine.
    assert opened < 2000
    assert len(texts(driver, "#packages .group th")) == 140
    go(driver, path.as_uri() + "#functions")
    assert driver.find_element(By.ID, "more").text == "Show more of 35,000"
