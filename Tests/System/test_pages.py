"""Every page on a phone and on a desk, in both languages: nothing is wider than its window, no text
is missing, and nothing that only the code should say is shown to a person.
"""

import re
from types import SimpleNamespace

import pytest

from browser import CHINESE, Browser
from kontor import ExampleShop, alipay, new_key

PHONE, DESK = (390, 844), (1280, 900)

# What is broader than its window, or than the box that would cut it off. Code and rows of links that
# are made to be scrolled sideways are left out.
TOO_WIDE = """
const all = [...document.querySelectorAll('body *')];
const name = (e) => e.tagName.toLowerCase() + (e.className ? '.' + e.className : '');
const page = document.documentElement.scrollWidth;
const wide = page > arguments[0]
  ? [`page ${page}`, ...all.filter((e) => e.getBoundingClientRect().right > arguments[0] + 0.5)
      .slice(-4).map((e) => `${name(e)} to ${e.getBoundingClientRect().right}`)]
  : [];
const cut = all.filter((e) => getComputedStyle(e).overflowX !== 'visible'
    && e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1
    && !e.closest('pre, nav, input, select, textarea, summary, .sr-only'))
  .map((e) => `${name(e)} cuts ${e.scrollWidth} to ${e.clientWidth}`);
return [...wide, ...cut];
"""

# Texts that have no text (`order.title`), numbers that are none (`-¥0.00`), templates that were not
# filled, and words of the code: ids, states and fields as the API writes them.
RAW = re.compile(
    r"\{\w*\}|\{\{|[-−]¥0\.00|¥-|\bnull\b|\bnil\b|Optional\("
    r"|\b(?:mem|ord|crs|pay|rfd|quo|cpn|jnl)_[0-9a-z]{6,}|\bout_trade_no\b|\b\w+-\w+-status\b"
    r"|\b(?:pending-payment|partially-refunded|needs-review|succeeded|requested|not-found)\b"
    r"|^[a-z][A-Za-z-]*(?:\.[a-zA-Z-]+)+$", re.MULTILINE)
HALF_WIDTH = re.compile("[\u4e00-\u9fff][,;:?!(]|[,;:?!)][\u4e00-\u9fff]")


@pytest.fixture
def engine():
    return "sqlite"


@pytest.fixture
def browser(server, language):
    browser = Browser(server.url, language)
    try:
        yield browser
    finally:
        browser.close()


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_every_page_fits(server, browser, language):
    shop = lived_in(server)
    faults = []
    browser.open(f"/?lang={language}")
    for name, paths in shop.pages.items():
        if name:
            browser.log_in(name)
        for path in paths:
            for size in (DESK, PHONE):
                browser.resize(*size)
                browser.open(path)
                faults += [f"{path} at {size[0]}: {fault}" for fault in look(browser, size[0])]
        if name:
            browser.log_out()
    assert not faults, "\n" + "\n".join(faults)


def look(browser, width):
    """What is wrong with the page that is open."""
    faults = browser.driver.execute_script(TOO_WIDE, width)
    if "/sandbox/alipay" in browser.path or browser.path.startswith("/docs"):
        return faults  # written for those who write code
    text = browser.driver.find_element("tag name", "main").text
    faults += [f"says {found!r}" for found in RAW.findall(text)]
    if browser.language == "zh-Hans":
        faults += [f"half-width in {around(text, m)!r}" for m in HALF_WIDTH.finditer(text)]
    shown = browser.driver.find_element("tag name", "h1").text
    if not browser.path.startswith(("/courses/", "/learning/", "/operator/")):
        if bool(CHINESE.search(shown)) != (browser.language == "zh-Hans"):
            faults.append(f"is headed {shown!r}")
    return faults


def around(text, match):
    return text[max(0, match.start() - 12):match.end() + 6]


def lived_in(server):
    """A shop where every list has something in it, with names as long as people make them."""
    server.stop()
    server.environment["KONTOR_REFUND_APPROVAL_ABOVE"] = str(ExampleShop.FIRST["net"])
    server.add_operator("checker")
    server.start()
    operator = server.operator()
    shop = operator.add_example_shop()
    course = long_course(operator)
    scoped = operator.add_coupon(
        "满减优惠券 Threshold discount for the whole autumn", "threshold-off",
        {"kind": "course", "id": course["id"]}, value=123456, minimumSpend=1234567)
    operator.add_coupon("九折", "percent-off", {"kind": "all"}, payPercent=90, maxDiscount=99900)
    member = server.client().register()
    member.top_up(100_000)
    waiting = member.post("/wallet/top-ups", alipay(amount=1_234_567), new_key())
    bought = buy(member, shop)
    member.pay(bought["payment"])
    operator.post(f"/admin/orders/{bought['id']}/refunds", {
        "lines": [bought["lines"][0]["id"]], "reason": "学员换了一门课 changed their mind"},
        new_key())
    for is_last in (False, True):
        waiting = operator.post(f"/admin/orders/{bought['id']}/refunds", {
            "amount": 12_345,
            "reason": "多收了一部分学费，按协议退回 a part of the fee was charged twice"},
            new_key(), expect=202)
        if not is_last:
            operator.post(f"/admin/refund-requests/{waiting['id']}/rejection", {
                "reason": "金额写错了，重新申请 the sum is wrong, and another one follows"}, new_key(),
                expect=200)
    member.claim(scoped)
    policy = course["policies"][-1]["id"]
    pending = order(member, [{"courseId": course["id"], "policyId": policy}])
    member.send("PUT", f"/cart/items/{course['id']}", {"policyId": policy})
    quote = member.post("/quotes", {"lines": [{"courseId": course["id"]}], "walletAmount": 60_000})
    [section] = course["sections"]
    lesson = f"/learning/{course['id']}/sections/{section['id']}"
    return SimpleNamespace(pages={
        None: ["/", "/courses", "/courses?q=nothing", f"/courses/{course['id']}", "/coupons",
               "/login", "/register", "/password-reset", "/no-such-page", "/docs", "/sandbox",
               "/sandbox/phone", lesson],
        member.username: [
            "/wallet", f"/wallet/top-ups/{waiting['id']}", "/coupons", "/me/coupons",
            "/me/coupons?status=used", "/cart", f"/checkout/{quote['id']}", "/orders",
            f"/orders/{bought['id']}", f"/orders/{pending['id']}", "/learning",
            f"/learning/{shop.second['id']}", lesson, "/account", "/no-such-page"],
        "operator": [
            "/operator/courses", "/operator/courses/new", f"/operator/courses/{course['id']}",
            f"/operator/sections/{section['id']}", "/operator/coupons", "/operator/coupons/new",
            f"/operator/coupons/{scoped['id']}", "/operator/orders", "/operator/payments",
            f"/operator/orders/{bought['id']}", f"/operator/orders/{pending['id']}", "/account",
            "/operator/refund-requests", "/operator/refund-requests?status=approved",
            "/operator/refund-requests?status=rejected", "/sandbox"],
        "checker": ["/operator/refund-requests", f"/operator/orders/{bought['id']}"]})


def long_course(operator):
    course = operator.post("/admin/courses", {
        "title": "从零开始的数据库内部结构与事务 Database internals and transactions from scratch",
        "subtitle": "An unusually long subtitle that nobody has shortened yet",
        "status": "on-sale",
        "policies": [{"days": 30, "price": 9_900}, {"days": 365, "price": 123_456_789}]})
    chapter = operator.post(f"/admin/courses/{course['id']}/chapters", {
        "title": "第一章：写入之前 Chapter one, before anything is written"})
    section = operator.post(f"/admin/chapters/{chapter['id']}/sections", {
        "title": "预写日志 Write-ahead logging and why it comes first", "kind": "document",
        "free": True, "content": "一行。\n\nhttps://example.org/" + "long" * 40})
    return {**course, "sections": [section]}


def buy(member, shop):
    """The example's order: both coupons, both tenders."""
    line, whole = member.claim(shop.line_coupon), member.claim(shop.order_coupon)
    return order(member, [
        {"courseId": shop.first["id"], "policyId": shop.first["policies"][0]["id"]},
        {"courseId": shop.second["id"], "policyId": shop.second["policies"][0]["id"],
         "couponId": line["id"]}], orderCouponId=whole["id"], walletAmount=ExampleShop.WALLET)


def order(member, lines, **choices):
    quote = member.post("/quotes", {"lines": lines, **choices})
    return member.post("/orders", alipay(
        quoteId=quote["id"], expectedTotal=quote["total"]), new_key())
