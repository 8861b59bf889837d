"""A member comes from a WeChat mini program: the sandbox plays WeChat, Kontor asks it over HTTP."""

import requests

from kontor import PASSWORD, answered


def wx_login(server, openid):
    """What `wx.login` gives the mini program on somebody's phone."""
    return answered(requests.post(
        f"{server.url}/sandbox/wechatpay/login", json={"openid": openid}, timeout=30), 200)["code"]


def log_in(server, openid):
    client = server.client()
    session = client.post("/sessions/wechat", {"jsCode": wx_login(server, openid)})
    client.http.headers["Authorization"] = f"Bearer {session['accessToken']}"
    return client, session


def test_wechat_login(server):
    alice, first = log_in(server, "o-alice")
    _, again = log_in(server, "o-alice")
    _, other = log_in(server, "o-bob")
    assert first["user"]["id"] == again["user"]["id"] != other["user"]["id"]
    assert first["user"].get("phone") is None and first["user"]["username"].startswith("wx-")
    assert alice.get("/me")["id"] == first["user"]["id"]
    assert set(alice.get("/me/wechat")) == {"appId", "boundAt"}
    assert "session_key" not in str(first) and "o-alice" not in str(first)

    code = wx_login(server, "o-carol")
    server.client().post("/sessions/wechat", {"jsCode": code})
    server.client().refused(422, "wechat-code-used", "POST", "/sessions/wechat", {"jsCode": code})
    server.client().refused(
        422, "wechat-code-invalid", "POST", "/sessions/wechat", {"jsCode": "nothing"})

    # With a phone number come the other ways in.
    phone = "13912345678"
    alice.post("/verification-codes", {"phone": phone, "purpose": "register"}, expect=202)
    answered(alice.send("PUT", "/me/phone", {"phone": phone, "code": alice.sms_code(phone)}), 200)
    alice.post("/verification-codes", {"phone": phone, "purpose": "reset-password"}, expect=202)
    alice.post("/password-resets", {
        "phone": phone, "code": alice.sms_code(phone), "newPassword": PASSWORD}, expect=204)
    assert server.client().log_in(phone).session["user"]["id"] == first["user"]["id"]

    # And a member who has a password adds their WeChat.
    member = server.client().register()
    body = {"jsCode": wx_login(server, "o-dave")}
    answered(member.send("PUT", "/me/wechat", body), 200)
    _, session = log_in(server, "o-dave")
    assert session["user"]["id"] == member.user["id"]
    taken = {"jsCode": wx_login(server, "o-alice")}
    server.client().register().refused(409, "wechat-taken", "PUT", "/me/wechat", taken)

    operator = server.operator()
    operator.post(f"/admin/users/{member.user['id']}/lock", expect=200)
    server.client().refused(
        403, "account-locked", "POST", "/sessions/wechat", {"jsCode": wx_login(server, "o-dave")})
