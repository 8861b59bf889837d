"""A person at a browser: finds things by their `data-test` names, reads amounts, clicks.

README.md lists the names. What a person cannot see does not count as there.
"""

import os
import re
import shutil
import time
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from kontor import PASSWORD

PATIENCE = 15  # seconds
PICTURES = Path(os.environ.get("KONTOR_SCREENSHOTS") or
                Path(__file__).resolve().parents[2] / ".build/screenshots")
CHINESE = re.compile("[\u4e00-\u9fff]")


class Browser:
    """Headless Chromium. Each step waits for what it needs, so no step has to know what is slow."""

    def __init__(self, url, language, scripts=True):
        self.url = url
        self.language = language
        options = webdriver.ChromeOptions()
        # No sandbox and no /dev/shm: tests may run as root in a small container.
        for flag in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu",
                     "window-size=1200,1600"):
            options.add_argument(f"--{flag}")
        if not scripts:
            options.add_experimental_option(
                "prefs", {"profile.managed_default_content_settings.javascript": 2})
        found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
        options.binary_location = next(filter(None, found), "")
        self.driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))

    def close(self):
        self.driver.quit()

    def open(self, path):
        self.driver.get(self.url + path)

    def resize(self, width, height):
        """A window of this size, as a phone has it: no desktop lets one be so narrow."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def log_in(self, name, password=PASSWORD):
        self.open(f"/login?lang={self.language}")
        self.type("login-name", name)
        self.type("login-password", password)
        self.click("login-submit")
        self.find("current-user")

    def log_out(self):
        self.find("current-user").click()
        self.click("log-out")
        self.try_until("logged out", lambda: not self.elements("current-user"))

    @property
    def path(self):
        return self.driver.current_url.removeprefix(self.url)

    def try_until(self, what, look):
        """Looks until there is something; a page that changes meanwhile is looked at again."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if found := look():
                    return found
            except (WebDriverException, IndexError):
                pass  # the page is just being replaced by the next one
            if time.monotonic() > deadline:
                self.give_up(what)
            time.sleep(0.05)

    def give_up(self, what):
        """Fails with what a person would report: the address, the complaint, a picture."""
        problems = "; ".join(e.text for e in self.elements("problem"))
        PICTURES.mkdir(parents=True, exist_ok=True)
        picture = PICTURES / f"{time.strftime('%H%M%S')}-{self.language}.png"
        try:
            self.driver.save_screenshot(str(picture))
        except WebDriverException:
            picture = "none"
        raise AssertionError(f"{what}: not on {self.path} [{problems}]; picture: {picture}")

    def elements(self, name, id=None):
        selector = f'[data-test="{name}"]' + (f'[data-id="{id}"]' if id else "")
        return [e for e in self.driver.find_elements(By.CSS_SELECTOR, selector)
                if e.is_displayed()]

    def find(self, name, id=None):
        return self.try_until(f"{name} {id or ''}", lambda: self.elements(name, id)[0])

    def within(self, name, id, inner):
        """The element `inner` inside the row `name` of the thing with this id."""
        selector = f'[data-test="{inner}"]'
        return self.try_until(
            f"{inner} in {name} {id}",
            lambda: self.find(name, id).find_elements(By.CSS_SELECTOR, selector)[0])

    def click(self, name, id=None):
        self.press(self.find(name, id))

    def press(self, element):
        """Clicks; whatever the label says, it says in the reader's language."""
        label = element.text
        ours = "/sandbox/" not in self.path
        if ours and any(letter.isalpha() for letter in label):
            assert bool(CHINESE.search(label)) == (self.language != "en"), (
                f"{label!r} on {self.path} is not in {self.language}")
        element.click()

    def follow(self, name, id=None):
        """A link that leads to a thing: its label is the thing's own name, in any language."""
        self.find(name, id).click()

    def type(self, name, text):
        field = self.find(name)
        field.clear()
        field.send_keys(text)

    def choose(self, element):
        """Takes the one thing that a list offers beside "none"."""
        select = Select(element)
        [value] = [v for o in select.options if o.is_enabled() and (v := o.get_attribute("value"))]
        select.select_by_value(value)

    def arrives(self, path):
        """The page is there, and in the reader's language."""
        language = self.try_until(path, lambda: (
            self.path.split("?")[0].startswith(path)
            and self.driver.find_element(By.TAG_NAME, "html").get_attribute("lang")))
        assert language == self.language

    def attribute(self, name, attribute):
        return self.try_until(
            f"{name} with {attribute}", lambda: self.find(name).get_attribute(attribute))

    def shows(self, name, amount):
        """The amount in fen is in `data-amount`, and a person reads the same in yuan."""
        def look():
            element = self.find(name)
            return element.get_attribute("data-amount") == str(amount) and element
        element = self.try_until(f"{name} of {amount} fen", look)
        assert f"{amount / 100:,.2f}" in element.text, f"{name} reads {element.text!r}"
