"""The page of contacts: whom one keeps, saving somebody by the exact username, removing them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_kit.auth import Principal
from service_kit.errors import Problem
from transaction_service.forms import ContactForm, RemoveContactForm
from transaction_service.presentation import explained
from transaction_service.routes.answers import same_account, too_many_lookups
from transaction_service.routes.pages.visitors import Door, http_status
from transaction_service.routes.problems import TooManyContacts, UnknownPayee
from transaction_service.use_cases import Contacts, OwnAccountError, TooManyLookups, UnknownUsername
from transaction_service.use_cases import TooManyContacts as NoRoom


class ContactPages:
    """With what they need handed in."""

    def __init__(self, contacts: Contacts, door: Door) -> None:
        self._contacts = contacts
        self._door = door

    def add_to(self, routes: Blueprint) -> None:
        """The list at /contacts, each contact below it."""
        routes.add_url_rule("/contacts", view_func=self.contacts, methods=["GET", "POST"])
        routes.add_url_rule("/contacts/<username>/remove", view_func=self.remove, methods=["POST"])

    def contacts(self) -> ResponseReturnValue:
        who = self._door.visitor()
        form = ContactForm()
        if not form.validate_on_submit():
            return self._page(who, form, None)
        problem = self._save(who, form)
        if problem is not None:
            form.username.errors = [explained(problem)]
            return self._page(who, form, problem)
        flash(_("Saved: @%(username)s.", username=form.username.data), "success")
        return redirect(url_for("pages.contacts"), 303)

    def remove(self, username: str) -> ResponseReturnValue:
        who = self._door.visitor(url_for("pages.contacts"))
        if self._contacts.remove(who, username):
            flash(_("Removed: @%(username)s.", username=username), "info")
        return redirect(url_for("pages.contacts"), 303)

    def _save(self, who: Principal, form: ContactForm) -> Problem | None:
        try:
            self._contacts.save(who, form.username.data or "", form.label.data or "")
        except OwnAccountError:
            return same_account()
        except UnknownUsername:
            return UnknownPayee()
        except NoRoom:
            return TooManyContacts()
        except TooManyLookups as error:
            return too_many_lookups(error.wait_seconds)
        return None

    def _page(self, who: Principal, form: ContactForm, problem: Problem | None) -> ResponseReturnValue:
        page = render_template(
            "contacts.html", contacts=self._contacts.of(who), form=form, removing=RemoveContactForm(formdata=None)
        )
        return page, http_status(problem, mistaken=bool(form.errors))
