"""Coming in: sign in and out, join, a forgotten password."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from microshare import account_letters, clock, config, departments, links, people, sign_in
from microshare.db import saving
from microshare.errors import Missing, Refused
from microshare.models import Department, User
from microshare.web import asked, composing
from microshare.web.asked import again, back, is_local, public
from microshare.web.language import locale

pages = Blueprint("accounts", __name__)
PROFILE = ("email", "username", "name", "department", "language", "time_zone")


@pages.route("/sign-in", methods=["GET", "POST"])
@public
def enter() -> str | Response:
    wanted = request.values.get("next", "")
    if request.method == "GET":
        if current_user.is_authenticated:
            return back(url_for("lists.own"))
        return _sign_in_page()
    again(_sign_in_page)
    user = signed_in(request.form.get("login", ""), request.form.get("password", ""))
    if user is None:
        raise Refused("sign-in-wrong")  # one sentence whichever part was wrong
    _begin(user)
    if typed := composing.typed():  # the session had ended while it was written
        return composing.page(*(typed.get(name, "") for name in composing.FIELDS))
    return redirect(wanted if is_local(wanted) else url_for("lists.own"), 303)


def signed_in(login: str, password: str) -> User | None:
    """The colleague of this name and password."""
    with saving():
        attempt = sign_in.attempt(login, request.remote_addr or "", clock.now())
    if not sign_in.is_right(attempt, password):
        return None
    with saving():
        return sign_in.enter(attempt)


def sign_in_again() -> tuple[str, int] | None:
    """The way back to a post that was sent after its session had ended; None for other forms."""
    if request.endpoint != "posts.publish" or not composing.typed():
        return None
    return _sign_in_page(), 403


def _sign_in_page() -> str:
    return render_template(
        "sign_in.html",
        login=request.form.get("login", ""),
        next=request.values.get("next", ""),
        typed=composing.typed(),
        registration=config.current().registration,
    )


def _begin(user: User) -> None:
    session.clear()  # what an earlier visitor left is not taken along
    session.permanent = True
    login_user(user)


@pages.post("/sign-out")
@public
def leave() -> Response:
    if current_user.is_authenticated and request.form.get("everywhere"):
        with saving():
            people.sign_out_everywhere(asked.user())
    logout_user()
    session.clear()
    return redirect(url_for("accounts.enter"), 303)


@pages.route("/join", methods=["GET", "POST"])
@public
def join() -> str | Response:
    """Without a link: at once where registration is open, else by a letter to the company."""
    settings = config.current()
    if settings.registration == "closed":
        raise Missing("registration")
    if settings.registration == "open":
        return _join_page(None)
    if request.method == "GET":
        return render_template("ask_to_join.html", domains=settings.mail_domains)
    email = request.form.get("email", "")
    again(lambda: render_template("ask_to_join.html", domains=settings.mail_domains, email=email))
    with saving():
        sign_in.count_letter(email, request.remote_addr or "", clock.now())
        token = links.confirm(email, clock.now())
        account_letters.write(
            "confirm" if token else "known",
            people.checked_email(email),
            locale(),
            clock.now(),
            path=url_for("accounts.accept", token=token) if token else url_for("accounts.forgot"),
        )
    # The same page whether the address had joined already: it tells a stranger nothing.
    return render_template("letter_sent.html", email=email)


@pages.route("/join/<token>", methods=["GET", "POST"])
@public
def accept(token: str) -> str | Response:
    return _join_page(token)


def _join_page(token: str | None) -> str | Response:
    link = links.get(token, "join", clock.now()) if token else None
    email, role = (link.email, link.role) if link else (None, "member")

    def page() -> str:
        typed = {name: request.form.get(name, "") for name in PROFILE}
        return render_template(
            "join.html",
            typed=typed,
            email=email,
            role=role,
            departments=departments.every(),
            languages=config.LANGUAGES,
            language=typed["language"] or locale(),
        )

    if request.method == "GET":
        return page()
    again(page)
    form = request.form
    with saving():
        profile: dict[str, Any] = {
            "email": email or form.get("email", ""),
            "username": form.get("username", ""),
            "name": form.get("name", ""),
            "password": form.get("password", ""),
            "department": _chosen_department(role),
            "language": form.get("language") or locale(),
            "time_zone": form.get("time_zone", ""),
            "now": clock.now(),
        }
        user = links.accept(token, **profile) if token else people.join(**profile)
        user_id = user.id
    joined = people.by_id(user_id)
    if joined is not None:
        _begin(joined)
    return redirect(url_for("steps.department"), 303)


def _chosen_department(role: str) -> Department:
    """The department from the list; the first administrator, or an empty list, names a new one."""
    name = request.form.get("department", "")
    if role == "administrator" or not departments.every():
        return departments.named(request.form.get("new_department") or name, clock.now())
    return departments.chosen(name)


@pages.route("/forgotten", methods=["GET", "POST"])
@public
def forgot() -> str | Response:
    if request.method == "GET":
        return render_template("forgotten.html")
    with saving():
        sign_in.count_letter(request.form.get("login", ""), request.remote_addr or "", clock.now())
        found = links.reset(request.form.get("login", ""), clock.now())
        if found is not None:
            user, token = found
            account_letters.write(
                "reset",
                user.email or "",
                user.language,
                clock.now(),
                path=url_for("accounts.reset", token=token),
            )
    return render_template("letter_sent.html", email="")


@pages.route("/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> str | Response:
    links.get(token, "reset", clock.now())
    if request.method == "GET":
        return render_template("reset.html")
    again(lambda: render_template("reset.html"))
    with saving():
        user_id = links.set_password(token, request.form.get("password", ""), clock.now()).id
    user = people.by_id(user_id)
    if user is not None:
        _begin(user)
    return redirect(url_for("lists.own"), 303)


def wanted_page() -> str:
    """Where to go on after signing in: the page that was asked for, if a GET can show it."""
    if request.method != "GET":
        referrer = urlsplit(request.referrer or "")
        return referrer.path if referrer.netloc == request.host else ""
    return request.full_path.rstrip("?")
