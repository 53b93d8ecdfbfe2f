"""Return paths name their mail, survive what servers do to them, and cannot be invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.mail.compiling import new_message_id
from app.delivery.mail.verp import ReturnPaths

PATHS = ReturnPaths(["k" * 40], "bounces.vendor.example")
MAIL = "0123456789abcdef0123456789abcdef"


@given(octets=st.binary(min_size=16, max_size=16))
def test_a_path_reads_back_as_its_mail(octets):
    path = PATHS.make(f"{octets.hex()}@vendor.example")
    assert PATHS.read(path) == octets.hex()
    assert len(path.partition("@")[0]) <= 64
    assert path.endswith("@bounces.vendor.example")


def test_every_message_id_of_ours_has_a_path():
    message_id = new_message_id("surveys@vendor.example")
    assert PATHS.read(PATHS.make(message_id)) == message_id.partition("@")[0]


@pytest.mark.parametrize("change", [str.upper, str.title, "<{}>".format, " {} ".format])
def test_a_path_survives_what_servers_do_to_it(change):
    assert PATHS.read(change(PATHS.make(MAIL))) == MAIL


def test_a_path_is_known_again_under_another_name_of_the_mailbox():
    assert PATHS.read(PATHS.make(MAIL).partition("@")[0] + "@mx.vendor.example") == MAIL


def test_a_path_of_another_key_is_not_ours_and_one_of_a_former_key_is():
    former = ReturnPaths(["o" * 40], "bounces.vendor.example")
    assert PATHS.read(former.make(MAIL)) is None
    assert ReturnPaths(["k" * 40, "o" * 40], "bounces.vendor.example").read(former.make(MAIL)) == MAIL


@given(place=st.integers(0, 44), letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-"))
def test_a_changed_path_never_names_another_mail(place, letter):
    path = PATHS.make(MAIL)
    changed = path[:place] + letter + path[place + 1 :]
    assert PATHS.read(changed) in (None, MAIL)


@given(text=st.text(max_size=80))
def test_any_other_address_is_nothing(text):
    assert PATHS.read(text) is None


@pytest.mark.parametrize("message_id", ["", "1@vendor.example", "CAB+xyz@mail.example", MAIL.upper() + "@x"])
def test_only_ids_of_ours_get_a_path(message_id):
    assert PATHS.make(message_id) is None


def test_without_a_domain_there_is_no_path():
    assert ReturnPaths(["k" * 40], "").make(MAIL) is None


def test_a_domain_beyond_ascii_is_written_in_punycode():
    path = ReturnPaths(["k" * 40], "Bounces.Bücher.example").make("ab" * 16 + "@justask.example")
    assert path.endswith("@bounces.xn--bcher-kva.example")
    assert path.isascii()
