"""SPF, DKIM and DMARC as receivers read them, asked of a real name server on loopback."""

from __future__ import annotations

import base64

import dns.rcode
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.setup.mail.probing import clean_selector
from app.setup.probes import dns as probes
from app.setup.probes.dns import CouldNotLookUp
from app.setup.probes.findings import State
from app.setup.probes.spf import spf

pytestmark = pytest.mark.usefixtures("spoken")
HOME, SERVER = "vendor.example", "smtp.provider.example"


def public_key(bits: int = 2048) -> str:
    key = rsa.generate_private_key(65537, bits).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.fixture
def server(nameserver):
    """A name server that knows the mail server's address."""
    nameserver.records[SERVER, "A"] = ["192.0.2.7"]
    return nameserver


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 ip4:192.0.2.7 -all",
        "v=spf1 ip4:192.0.2.0/24 ~all",
        "v=spf1 a:smtp.provider.example -all",
        "v=spf1 -ip4:198.51.100.1 mx:provider.example -all",
        "v=spf1 include:_spf.provider.example -all",
        "v=spf1 redirect=_spf.provider.example",
        "V=SPF1 IP4:192.0.2.7 -ALL",
        "v=spf1 exists:%{i}.list.example ip4:192.0.2.7 -all",
    ],
)
def test_a_record_that_lets_the_server_send(server, record):
    server.records["provider.example", "MX"] = ["10 smtp.provider.example."]
    server.txt("_spf.provider.example", "v=spf1 ip4:192.0.2.7 -all")
    server.txt(HOME, "some other record", record)
    found = spf(HOME, SERVER, server.lookup())
    assert (found.state, found.evidence) == (State.GOOD, record)


@pytest.mark.parametrize("ending", ["-all", "~all", "?all", ""])
def test_a_record_without_the_server_names_its_address_and_the_next_step(server, ending):
    server.txt(HOME, f"v=spf1 ip4:203.0.113.1 {ending}".strip())
    found = spf(HOME, SERVER, server.lookup())
    assert found.state is State.CARE
    assert "192.0.2.7" in found.words
    assert "include:" in found.fix


def test_no_record_gives_one_to_copy(server):
    found = spf(HOME, SERVER, server.lookup())
    assert found.state is State.BAD
    assert found.evidence == "v=spf1 a:smtp.provider.example -all"


def test_two_records_count_as_none(server):
    server.txt(HOME, "v=spf1 -all", "v=spf1 ip4:192.0.2.7 -all")
    assert spf(HOME, SERVER, server.lookup()).state is State.BAD


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("v=spf1 include:nothing.example -all", "nothing.example is included"),
        ("v=spf1 ipv4:192.0.2.7 -all", "ipv4:192.0.2.7"),
        ("v=spf1 include:loop.example -all", "ten lookups"),
    ],
)
def test_a_record_nobody_can_use_says_why(server, record, why):
    server.txt("loop.example", "v=spf1 include:loop.example -all")
    server.txt(HOME, record)
    found = spf(HOME, SERVER, server.lookup())
    assert found.state is State.BAD
    assert why in found.words


def test_a_record_that_lets_everybody_send_is_no_record(server):
    server.txt(HOME, "v=spf1 +all")
    assert spf(HOME, SERVER, server.lookup()).state is State.CARE


def test_a_server_on_this_machine_is_judged_by_the_test_mail(server):
    server.txt(HOME, "v=spf1 ip4:192.0.2.7 -all")
    found = spf(HOME, "127.0.0.1", server.lookup())
    assert found.state is State.CARE
    assert "spf=pass" in found.fix


@pytest.mark.parametrize("how", ["silent", "servfail", "refused", "gone"])
def test_silence_of_dns_never_looks_like_a_missing_record(server, how):
    server.is_silent = how == "silent"
    server.rcode = {"servfail": dns.rcode.SERVFAIL, "refused": dns.rcode.REFUSED}.get(how)
    ask = server.lookup(0.3)
    if how == "gone":
        server.rcode = None
        ask = probes.lookup(["127.0.0.1"], 1, 0.3)
    with pytest.raises(CouldNotLookUp):
        ask(HOME, "TXT")
    for found in (
        spf(HOME, SERVER, ask),
        probes.dkim(HOME, "s1", ask),
        probes.dkim(HOME, "", ask),
        probes.dmarc(HOME, HOME, ask),
    ):
        assert found.state is State.UNKNOWN
        assert "says nothing about your record" in found.words
        assert found.evidence.startswith("dig +short TXT ")


def test_a_machine_without_name_servers_is_silence_too(monkeypatch):
    monkeypatch.setattr("dns.resolver.Resolver", without_configuration)
    with pytest.raises(CouldNotLookUp):
        probes.lookup()(HOME, "TXT")


def without_configuration(configure=True):
    raise probes.dns.NoResolverConfiguration


@pytest.mark.parametrize("selector", ["s1", ""])
def test_a_key_is_found_by_its_selector_or_by_a_usual_name(server, selector):
    server.txt("s1._domainkey.vendor.example", f"v=DKIM1; k=rsa; p={public_key()}")
    found = probes.dkim(HOME, selector, server.lookup())
    assert found.state is State.GOOD
    assert "s1._domainkey.vendor.example" in found.words


def test_a_short_modern_key_is_enough(server):
    raw = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    server.txt("s1._domainkey.vendor.example", f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}")
    assert probes.dkim(HOME, "s1", server.lookup()).state is State.GOOD


@pytest.mark.parametrize(
    ("record", "state", "words"),
    [
        ("v=DKIM1; p=", State.BAD, "withdrawn"),
        ("v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN", State.BAD, "cannot be read"),
        ("v=DKIM1; t=y; p=KEY", State.CARE, "trial"),
        ("v=DKIM1; p=SHORT", State.BAD, "512 bits"),
    ],
)
def test_a_key_that_does_not_work(server, record, state, words):
    short = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL4EsIpMuNr9sZGvHS6xSyYrgSu3rdgnz1mwqLP0P5sfdDYLuO3KHnb2ErTHBsmRcX5kYhrW0ShIrOHcGWeZVYkCAwEAAQ=="
    server.txt("s1._domainkey.vendor.example", record.replace("KEY", public_key()).replace("SHORT", short))
    found = probes.dkim(HOME, "s1", server.lookup())
    assert (found.state, words in found.words) == (state, True)


@pytest.mark.parametrize(
    ("host", "part"),
    [
        (SERVER, f"a:{SERVER}"),
        ("192.0.2.7", "ip4:192.0.2.7"),
        ("2001:db8::7", "ip6:2001:db8::7"),
        ("localhost", "ip4:ADDRESS"),
        ("127.0.0.1", "ip4:ADDRESS"),
    ],
)
def test_the_record_that_is_proposed_can_be_read_by_receivers(server, host, part):
    assert spf(HOME, host, server.lookup()).evidence == f"v=spf1 {part} -all"


def test_a_missing_key_is_bad_where_the_selector_is_known_and_open_where_not(server):
    assert probes.dkim(HOME, "s9", server.lookup()).state is State.BAD
    found = probes.dkim(HOME, "", server.lookup())
    assert found.state is State.UNKNOWN
    assert "selector" in found.fix


@pytest.mark.parametrize("policy", ["none", "quarantine", "reject"])
def test_a_policy_is_read(server, policy):
    server.txt("_dmarc.vendor.example", f"v=DMARC1; p={policy}; rua=mailto:x@vendor.example")
    assert probes.dmarc(HOME, HOME, server.lookup()).state is State.GOOD


def test_the_policy_of_the_domain_above_holds_below_it(server):
    server.txt("_dmarc.vendor.example", "v=DMARC1; p=reject; sp=none")
    found = probes.dmarc("mail.vendor.example", "mail.vendor.example", server.lookup())
    assert found.state is State.GOOD
    assert "watch only" in found.words


def test_no_policy_gives_one_to_begin_with(server):
    found = probes.dmarc(HOME, HOME, server.lookup())
    assert found.state is State.BAD
    assert found.evidence.startswith("v=DMARC1; p=none")
    assert ("_dmarc.example", "TXT") not in server.asked


@pytest.mark.parametrize("records", [["v=DMARC1; p=maybe"], ["v=DMARC1"], ["v=DMARC1; p=none"] * 2])
def test_policies_nobody_heeds(server, records):
    server.txt("_dmarc.vendor.example", *[f"{r};x={n}" for n, r in enumerate(records)])
    assert probes.dmarc(HOME, HOME, server.lookup()).state is State.BAD


def test_bounces_elsewhere_take_spf_out_of_dmarc(server):
    server.txt("_dmarc.vendor.example", "v=DMARC1; p=none")
    assert probes.dmarc(HOME, "bounces.vendor.example", server.lookup()).state is State.GOOD
    assert probes.dmarc(HOME, "bounces.other.example", server.lookup()).state is State.CARE


@pytest.mark.parametrize(
    ("typed", "selector"),
    [
        (" S1 ", "s1"),
        ("s1._domainkey.vendor.example", "s1"),
        ("a b", ""),
        ("<x>", ""),
        ("", ""),
        ("2026-01.mail", "2026-01.mail"),
    ],
)
def test_a_selector_may_be_pasted_as_it_stands(typed, selector):
    assert clean_selector(typed) == selector
