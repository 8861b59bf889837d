"""The main job by clicking: register, top up, claim, buy with coupons and two tenders, read, refund.

In both languages and on both engines, and once with scripts off. The sums are those of
`kontor.ExampleShop`; the API is asked only to compare it with what the page says.
"""

import secrets
import time
from contextlib import ExitStack

import pytest

from browser import Browser
from kontor import PASSWORD, ExampleShop, eventually
from listener import listening, waiting_order


@pytest.fixture
def browser(server, language, scripts):
    browser = Browser(server.url, language, scripts)
    try:
        yield browser
    finally:
        browser.close()


@pytest.mark.parametrize("engine, language, scripts", [
    pytest.param("sqlite", "zh-Hans", True, id="sqlite-zh-Hans"),
    pytest.param("sqlite", "en", True, id="sqlite-en"),
    pytest.param("postgres", "zh-Hans", True, id="postgres-zh-Hans"),
    pytest.param("postgres", "en", False, id="postgres-en-without-scripts"),
])
def test_main_job(server, browser):
    shop = server.operator().add_example_shop()
    member = register(server, browser)
    top_up(browser)
    claim_coupons(browser, shop)
    fill_cart(browser, shop)
    check_out(browser, shop)
    order = pay(browser, member)
    read(browser, shop)
    refund(browser, member, order, shop)


def register(server, browser):
    """Ends with the page saying who is logged in, and the same member on the API."""
    member = server.client()
    phone, username = f"138{secrets.randbelow(10**8):08}", f"clicker{secrets.token_hex(3)}"
    browser.open(f"/register?lang={browser.language}")
    browser.arrives("/register")
    browser.type("register-phone", phone)
    browser.click("register-send-code")
    code = eventually(lambda: newest_code(member, phone))
    browser.type("register-code", code)
    browser.type("register-username", username)
    browser.type("register-password", PASSWORD)
    browser.click("register-submit")
    assert username in browser.find("current-user").text
    return member.log_in(username)


def newest_code(client, phone):
    try:
        return client.sms_code(phone)
    except IndexError:
        return None


def top_up(browser):
    browser.open("/wallet")
    browser.shows("wallet-available", 0)
    browser.type("top-up-amount", "100.00")
    browser.click("top-up-alipay")
    browser.click("top-up-submit")
    # Whoever waits is taken back, with scripts or without.
    pay_in_cashier(browser, 10000, waits=True)
    browser.arrives("/wallet")
    browser.shows("wallet-available", 10000)


def pay_in_cashier(browser, amount, waits=False):
    """The gateway's page: pays, then goes back to the shop as the gateway sends them, or sooner."""
    browser.shows("cashier-amount", amount)
    browser.click("cashier-pay")
    browser.find("cashier-returning")
    if not waits:
        browser.click("cashier-return")


def claim_coupons(browser, shop):
    browser.open("/coupons")
    for template in (shop.line_coupon, shop.order_coupon):
        browser.press(browser.within("coupon", template["id"], "coupon-claim"))
        browser.within("coupon", template["id"], "coupon-claimed")


def fill_cart(browser, shop):
    for course in (shop.first, shop.second):
        browser.open("/courses")
        browser.follow("course-link", course["id"])
        browser.arrives(f"/courses/{course['id']}")
        browser.find("policy", course["policies"][0]["id"]).click()
        browser.click("add-to-cart")
        browser.arrives("/cart")
        browser.find("cart-line", course["id"])
    browser.click("cart-checkout")
    browser.arrives("/checkout/")


def check_out(browser, shop):
    """The page's sums are the quote's after each change."""
    browser.shows("quote-list-total", ExampleShop.LIST)
    browser.choose(browser.within("quote-line", shop.second["id"], "line-coupon"))
    browser.choose(browser.find("order-coupon"))
    browser.type("wallet-amount", "100.00")
    browser.click("quote-update")
    browser.shows("quote-total", ExampleShop.TOTAL)
    browser.shows("quote-wallet", ExampleShop.WALLET)
    browser.shows("quote-gateway", ExampleShop.GATEWAY)


def pay(browser, member):
    """However often the waiting page is opened, it never says paid before the server does."""
    browser.click("pay-alipay")
    browser.click("pay-submit")
    browser.shows("cashier-amount", ExampleShop.GATEWAY)

    [order] = member.all("/orders")
    page = f"/orders/{order['id']}"
    browser.open(page)
    browser.find("payment-waiting")
    # Paid by Alipay, it can be paid in another way; the way back to Alipay is the button above.
    browser.find("pay-with-wechatpay")
    assert not browser.elements("pay-with-alipay")
    assert browser.attribute("order-status", "data-status") == "pending-payment"
    browser.open(f"{page}?out_trade_no=1&trade_status=TRADE_SUCCESS&total_amount=361.00")
    assert browser.attribute("order-status", "data-status") == "pending-payment"
    assert member.get(f"/orders/{order['id']}")["status"] == "pending-payment"

    browser.click("payment-continue")
    pay_in_cashier(browser, ExampleShop.GATEWAY)
    browser.arrives(page)

    def completed():
        said = browser.attribute("order-status", "data-status")
        truth = member.get(f"/orders/{order['id']}")["status"]
        assert said == "pending-payment" or truth == "completed", f"{said}, but it is {truth}"
        if said != "completed":
            browser.open(page)
        return said == "completed"

    eventually(completed)
    assert not browser.elements("payment-waiting")
    browser.open("/orders")
    browser.follow("order-link", order["id"])
    browser.arrives(page)
    return order


def read(browser, shop):
    browser.open("/learning")
    browser.follow("learning-course", shop.second["id"])
    browser.arrives(f"/learning/{shop.second['id']}")
    assert shop.second["title"] in browser.find("learning-title").text


def refund(browser, member, order, shop):
    """An operator gives one line back; the member finds its wallet part in the wallet."""
    browser.log_out()
    browser.log_in("operator")

    [line] = [line for line in order["lines"] if line["courseId"] == shop.first["id"]]
    browser.open("/operator/orders")
    browser.follow("operator-order-link", order["id"])
    browser.arrives(f"/operator/orders/{order['id']}")
    browser.find("refund-line", line["id"]).click()
    browser.type("refund-reason", "test")
    browser.click("refund-submit")
    browser.arrives(f"/operator/orders/{order['id']}")

    def came_back():
        browser.open(f"/operator/orders/{order['id']}")
        return browser.attribute("order-status", "data-status") == "partially-refunded"

    eventually(came_back)
    browser.shows("order-refunded", ExampleShop.FIRST["net"])
    assert member.wallet() == (ExampleShop.FIRST["wallet"], 0)


@pytest.mark.parametrize("engine, language, scripts, crowded", [
    pytest.param("sqlite", "zh-Hans", True, False, id="sqlite-zh-Hans"),
    pytest.param("postgres", "en", True, False, id="postgres-en"),
    pytest.param("sqlite", "en", True, True, id="sqlite-en-without-streams"),
])
def test_the_waiting_page_follows_by_itself(server, browser, crowded):
    """Nobody touches it: it is told, or asks where there is no stream left for it."""
    shop = server.operator().add_example_shop()
    member = server.client().register()
    order = waiting_order(member, shop)
    path = f"/orders/{order['id']}"
    with ExitStack() as others:
        if crowded:
            for _ in range(4):
                others.enter_context(listening(member, f"{path}/events"))
        browser.log_in(member.username)
        browser.open(path)
        browser.find("payment-waiting")
        time.sleep(4)  # by now a page that is told asks every 30 s only
        assert browser.attribute("order-status", "data-status") == "pending-payment"
        member.pay(order["payment"])
        paid = time.monotonic()
        browser.try_until("completed", lambda: (
            browser.attribute("order-status", "data-status") == "completed"))
        took = time.monotonic() - paid
        print(f"the page followed after {took:.2f} s")
        assert took < (5 if crowded else 2)
        assert browser.path == path
