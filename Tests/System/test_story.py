"""The main job through the API: a member buys two courses, and the shop gives one back, then both.

The sums are those of `kontor.ExampleShop`, worked out by hand.
"""

from kontor import Client, ExampleShop, alipay, eventually, has, new_key


def test_buy_and_refund(server):
    operator = server.operator()
    shop = operator.add_example_shop()
    member = registered(server)
    topped_up(member, ExampleShop.WALLET)
    coupons = claimed(member, shop)
    quote = quoted(member, shop, coupons)
    order = ordered(member, quote)
    paid(member, order, coupons)
    refunded(member, operator, order, shop)


def registered(server):
    """A code works once, for its purpose only, and is told to the telephone alone."""
    member = server.client()
    phone, username = "13912345678", "li-lei"
    answer = member.send("POST", "/verification-codes", {"phone": phone, "purpose": "register"})
    assert answer.status_code == 202
    code = member.sms_code(phone)
    assert code not in answer.text

    member.register(phone, username)
    has(member.user, "id")
    has(member.session, "accessToken refreshToken expiresAt user")
    assert member.get("/users/availability", username=username) == {"available": False}
    assert member.get("/users/availability", phone="13912345679") == {"available": True}
    stranger = {"phone": "13912345679", "username": "stranger", "password": "long-enough-1"}
    assert member.send("POST", "/users", {**stranger, "code": code}).status_code == 422
    assert server.client().send("GET", "/me").status_code == 401
    return member


def topped_up(member, amount):
    """Money arrives once: when the gateway says so, and not by asking twice."""
    key, body = new_key(), alipay(amount=amount)
    member.refused(400, "idempotency-key-required", "POST", "/wallet/top-ups", body)
    top_up = member.post("/wallet/top-ups", body, key)
    has(top_up, "id status payment")
    has(top_up["payment"], "id status gateway channel amount outTradeNo action")
    assert top_up["status"] == "pending"
    assert top_up["payment"]["action"]["kind"] == "redirect"

    replay = member.send("POST", "/wallet/top-ups", body, key)
    assert (replay.status_code, replay.headers["Idempotent-Replayed"]) == (201, "true")
    assert replay.json()["id"] == top_up["id"]
    other = alipay(amount=amount + 1)
    member.refused(422, "idempotency-key-reused", "POST", "/wallet/top-ups", other, key)
    for nonsense in (1.5, "10"):
        body = alipay(amount=nonsense)
        assert member.send("POST", "/wallet/top-ups", body, new_key()).status_code == 400
    assert member.send("POST", "/wallet/top-ups", alipay(amount=-1), new_key()).status_code == 422

    assert member.wallet() == (0, 0)
    member.pay(top_up["payment"])
    assert member.wallet() == (amount, 0)
    [entry] = member.all("/wallet/entries")
    has(entry, "id number at kind direction amount availableAfter reference memo")
    assert (entry["direction"], entry["amount"], entry["availableAfter"]) == ("in", amount, amount)


def claimed(member, shop):
    """One claim each: the per-member limit is 1 unless told."""
    offered = {coupon["id"] for coupon in member.all("/coupons")}
    assert {shop.line_coupon["id"], shop.order_coupon["id"]} <= offered
    line, order = member.claim(shop.line_coupon), member.claim(shop.order_coupon)
    again = member.send("POST", f"/coupons/{shop.line_coupon['id']}/claims", key=new_key())
    assert again.status_code == 409
    assert coupons(member, "unused") == {line["id"], order["id"]}
    return line, order


def quoted(member, shop, claimed_coupons):
    """The server prices the cart; a coupon or tender that does not fit is refused, not dropped."""
    line_coupon, order_coupon = claimed_coupons
    for course in (shop.first, shop.second):
        policy = {"policyId": course["policies"][0]["id"]}
        assert member.send("PUT", f"/cart/items/{course['id']}", policy).ok
    lines = [{"courseId": shop.first["id"]},
             {"courseId": shop.second["id"], "couponId": line_coupon["id"]}]
    everything = {"lines": lines, "orderCouponId": order_coupon["id"]}

    too_much = {**everything, "walletAmount": ExampleShop.TOTAL + 1}
    member.refused(422, "tender-exceeds-total", "POST", "/quotes", too_much)
    assert member.send("POST", "/quotes", {**everything, "walletAmount": -1}).status_code == 422

    quote = member.post("/quotes", {**everything, "walletAmount": ExampleShop.WALLET})
    has(quote, "id version currency expiresAt listTotal lineDiscount orderDiscount total"
               " walletAmount gatewayAmount lines orderCouponId usableOrderCoupons"
               " unusableOrderCoupons")
    assert (quote["currency"], quote["listTotal"], quote["total"]) == (
        "CNY", ExampleShop.LIST, ExampleShop.TOTAL)
    assert (quote["lineDiscount"], quote["orderDiscount"]) == (6000, 20000)
    assert (quote["walletAmount"], quote["gatewayAmount"]) == (
        ExampleShop.WALLET, ExampleShop.GATEWAY)
    for line, expected in zip(quote["lines"], (ExampleShop.FIRST, ExampleShop.SECOND), strict=True):
        has(line, "courseId policyId title couponId usableCoupons unusableCoupons")
        assert {name: line[name] for name in expected} == expected
    assert member.get(f"/quotes/{quote['id']}")["total"] == quote["total"]
    return quote


def ordered(member, quote):
    """The order reserves what it needs; the cart is empty; asking again changes nothing."""
    body = alipay(quoteId=quote["id"], quoteVersion=quote["version"], expectedTotal=quote["total"])
    key = new_key()
    order = member.post("/orders", body, key)
    has(order, "id number status currency total walletAmount gatewayAmount refunded expiresAt"
               " lines payment")
    assert (order["status"], order["refunded"]) == ("pending-payment", 0)
    assert order["payment"]["amount"] == ExampleShop.GATEWAY
    assert member.post("/orders", body, key)["id"] == order["id"]
    assert member.send("POST", "/orders", body, new_key()).status_code == 409
    assert member.wallet() == (0, ExampleShop.WALLET)
    assert coupons(member, "reserved") == {quote["orderCouponId"], quote["lines"][1]["couponId"]}
    assert not member.get("/cart")["items"]
    assert not list(member.all("/me/enrollments"))
    return order


def paid(member, order, claimed_coupons):
    """The gateway's word, and nothing else, completes the order."""
    member.pay(order["payment"])
    assert member.get(f"/orders/{order['id']}")["status"] == "completed"
    assert member.wallet() == (0, 0)
    assert coupons(member, "used") == {coupon["id"] for coupon in claimed_coupons}
    assert len(list(member.all("/me/enrollments"))) == 2
    assert [listed["id"] for listed in member.all("/orders", status="completed")] == [order["id"]]
    assert member.get("/orders/summary")
    stranger = Client(member.url).register()
    assert stranger.send("GET", f"/orders/{order['id']}").status_code == 404


def refunded(member, operator, order, shop):
    """Each line gives back its own stored shares; the coupons return with the last line only."""
    path = f"/admin/orders/{order['id']}/refunds"
    lines = {line["courseId"]: line["id"] for line in order["lines"]}

    def refund(course):
        return {"lines": [lines[course["id"]]], "reason": "changed their mind"}

    assert member.send("POST", path, refund(shop.first), new_key()).status_code in (403, 404)
    operator.post(path, refund(shop.first), new_key())
    back = eventually(lambda: order_at(member, order, "partially-refunded"))
    assert back["refunded"] == ExampleShop.FIRST["net"]
    assert member.wallet() == (ExampleShop.FIRST["wallet"], 0)
    assert not coupons(member, "unused")
    assert len(access(member)) == 1

    operator.post(path, refund(shop.second), new_key())
    back = eventually(lambda: order_at(member, order, "refunded"))
    assert back["refunded"] == ExampleShop.TOTAL
    assert member.wallet() == (ExampleShop.WALLET, 0)
    assert len(coupons(member, "unused")) == 2
    assert not access(member)
    assert operator.send("POST", path, refund(shop.second), new_key()).status_code == 409


def coupons(member, status):
    return {coupon["id"] for coupon in member.all("/me/coupons", status=status)}


def access(member):
    """Enrolments that still open a course."""
    return [e for e in member.all("/me/enrollments") if e.get("status", "active") == "active"]


def order_at(member, order, status):
    seen = member.get(f"/orders/{order['id']}")
    return seen if seen["status"] == status else None

