"""The straight way, from nothing to worked leads: everyone in a browser of their own, on the real product."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyotp
from playwright.sync_api import expect

from tests.e2e.person import Person
from tests.e2e.product import PASSWORD, Product

Come = Callable[..., Person]
OWNER = "sigrid@vejviseren.example.org"


def test_from_sign_up_to_worked_leads(person: Come, product: Product) -> None:
    owner = person()
    sign_up_with_second_factor(owner)
    ask_everybody_for_it(owner)
    manager = person()
    invited_one_joins(owner, manager, "manager", "Morten Vestergaard")


def sign_up_with_second_factor(owner: Person) -> str:
    """Signs up, switches a second factor on, and gives back its secret."""
    page = owner.page
    owner.go("/")
    owner.in_the_dark()
    owner.press("Sign up your organisation")
    owner.look()
    page.get_by_label("Organisation").fill("Vejviseren")
    page.get_by_role("radio", name="Merchant").check()
    page.get_by_label("Your name").fill("Sigrid Rask")
    page.get_by_label("E-mail address").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    owner.press("Sign up")
    expect(page.get_by_role("heading", name="Campaigns", level=1)).to_be_visible()
    owner.look("nothing yet")

    owner.go("/me/security")
    owner.press("Set up a second factor")
    owner.look()
    page.get_by_text("The app cannot scan?").click()
    secret = page.locator(".rr-copy").inner_text().split()[0]
    give_code(owner, secret, "Switch on")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    owner.look()
    return secret


def give_code(one: Person, secret: str, button: str) -> None:
    one.page.locator("input[name=code]").fill(pyotp.TOTP(secret).now())
    one.press(button)


def ask_everybody_for_it(owner: Person) -> None:
    """Every user of the organisation needs a second factor, and every campaign a second pair of eyes."""
    page = owner.go("/settings/organisation")
    owner.in_the_dark()
    page.get_by_label("Everyone signs in with a second factor").check()
    page.get_by_label("Four eyes").check()
    owner.press("Save")
    owner.told("The settings are saved.")


def invited_one_joins(owner: Person, invited: Person, role: str, name: str) -> None:
    """The owner invites; the link is read from the mail; the second factor is asked for before anything else."""
    address = f"{name.split()[0].lower()}@vejviseren.example.org"
    page = owner.go("/settings/users/invite")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Role").select_option(role)
    owner.press("Send the invitation")
    expect(page.get_by_role("heading", name="The invitation is sent")).to_be_visible()
    owner.look()

    mail = owner.product.mails(address)[-1]
    link = re.search(r"http\S+/join/\S+", mail)
    assert link, mail
    page = invited.go(link[0])
    page.get_by_label("Password").fill(PASSWORD)
    invited.press("Join")
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    page.get_by_text("The app cannot scan?").click()
    give_code(invited, page.locator(".rr-copy").inner_text().split()[0], "Switch on")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    invited.press("Done")
