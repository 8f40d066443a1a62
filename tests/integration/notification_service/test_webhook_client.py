"""The webhooks' client against real HTTP servers: good ones, bad ones, and those that it may not reach."""

from __future__ import annotations

import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notification_service.domain.target import Target, target_of
from notification_service.webhooks.posting import Answer, Forbidden, NoAnswer, WebhookClient
from service_kit.clock import SystemClock
from tests.receivers import dripping, endless, misbehaving, receiving, says, silent

LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
LIMIT_SECONDS = 2.0
MUCH_SOONER_THAN_THEY_GIVE_UP = LIMIT_SECONDS + 10
"""Seconds. Receivers that misbehave go on until the test is over; what is more than the limit is for a busy machine."""


def client(private=LOOPBACK, **more):
    return WebhookClient(private, SystemClock(), total_seconds=LIMIT_SECONDS, **more)


def post(url, sender=None):
    return (sender or client()).post(target_of(url, LOOPBACK), {"x-test": "1"}, b'{"a":1}')


def failure(url, sender=None):
    began = time.monotonic()
    with pytest.raises(NoAnswer) as raised:
        post(url, sender)
    assert time.monotonic() - began < MUCH_SOONER_THAN_THEY_GIVE_UP
    return raised.value.cause


def test_a_receiver_gets_the_request_as_it_was_given():
    with receiving() as receiver:
        assert post(f"{receiver.url}?a=b") == Answer(204)
    (only,) = receiver.received
    assert (only.path, only.body, only.headers["x-test"]) == ("/hook?a=b", b'{"a":1}', "1")
    assert only.headers["host"] == receiver.url.split("/")[2]


@pytest.mark.parametrize(
    ("answer", "understood"),
    [
        ((500, {}), Answer(500)),
        ((301, {"Location": "http://127.0.0.1:1/other"}), Answer(301)),
        ((307, {"Location": "/hook"}), Answer(307)),
        ((429, {"Retry-After": "120"}), Answer(429, 120.0)),
        ((503, {"Retry-After": "soon"}), Answer(503)),
        ((503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), Answer(503)),
        ((503, {"Retry-After": "-5"}), Answer(503)),
        ((503, {"Retry-After": "1 Jan 2030 00:00:00 +99999999999999"}), Answer(503)),
    ],
)
def test_every_status_is_an_answer_and_no_redirect_is_followed(answer, understood):
    with receiving() as receiver:
        receiver.answers = [answer]
        assert post(receiver.url) == understood
    assert len(receiver.received) == 1


def test_a_date_to_come_again_at_is_understood():
    at = datetime.now(UTC) + timedelta(hours=1)
    with receiving() as receiver:
        receiver.answers = [(503, {"Retry-After": at.strftime("%a, %d %b %Y %H:%M:%S GMT")})]
        assert 3590 < post(receiver.url).retry_after <= 3600


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with receiving() as receiver:
        assert post(receiver.url) == Answer(204)


@pytest.mark.parametrize(
    ("behave", "cause"),
    [
        (silent, "timeout"),
        (dripping(0.05), "timeout"),
        (says(b""), "no_answer"),
        (says(b"HTTP/1.1 200 OK\r\nx-cut"), "no_answer"),
        (says(b"-ERR unknown command\r\n\r\n"), "not_http"),
        (says(b"SSH-2.0-OpenSSH_9\r\n\r\n"), "not_http"),
        (says(b"HTTP/1.1 abc\r\n\r\n"), "not_http"),
        (endless(b"HTTP/1.1 200 OK\r\n", b"x-more: " + b"a" * 1000 + b"\r\n"), "answer_too_long"),
        (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "answer_too_long"),
    ],
    ids=["silent", "slow loris", "nothing", "cut off", "Redis", "SSH", "no status", "endless head", "endless 100s"],
)
def test_what_is_no_answer_ends_in_time_with_its_cause(behave, cause):
    with misbehaving(behave) as url:
        assert failure(url) == cause


@pytest.mark.parametrize(
    "behave",
    [
        endless(b"HTTP/1.1 200 OK\r\ncontent-length: 10485760\r\n\r\n", b"a" * 65536),
        endless(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"ffff\r\n" + b"a" * 0xFFFF + b"\r\n"),
        says(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"),
        says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno chunk"),
        lambda connection, over: (connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"), over.wait(30)),
    ],
    ids=["10 MB", "endless", "too short", "spoilt", "never comes"],
)
def test_a_body_that_goes_wrong_changes_nothing_of_the_status_and_is_not_read_to_its_end(behave):
    began = time.monotonic()
    with misbehaving(behave) as url:
        assert post(url) == Answer(200)
    assert time.monotonic() - began < MUCH_SOONER_THAN_THEY_GIVE_UP


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert failure(f"http://127.0.0.1:{port}/") == "connection_refused"


def test_a_name_that_nobody_has():
    assert failure("https://nobody.invalid/") in ("name_not_found", "connect_timeout")


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch):
    over = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(30) and [])
    assert failure("http://localhost/") == "connect_timeout"
    over.set()


# What may not be reached. `target_of` would refuse most of these URLs; here is what stands behind it.


def answering(*addresses):
    """A resolver of whoever attacks us."""
    return lambda host, port, seconds: list(addresses)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "::", "fe80::1%eth0",
     "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "not an address"],
)  # fmt: skip
def test_a_public_name_that_means_a_private_address_is_not_connected_to(address):
    with receiving() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
        target = Target("https", "evil.example", port, "/")
        with pytest.raises(Forbidden):
            client([], resolve=answering(address)).post(target, {}, b"")
    assert receiver.received == []


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "127.1"])
def test_no_spelling_of_this_machine_is_reached(host):
    with receiving() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
        with pytest.raises(Forbidden):
            client([]).post(Target("https", host, port, "/"), {}, b"")
    assert receiver.received == []


def test_a_name_that_means_another_address_a_moment_later_is_asked_once():
    """DNS rebinding: the address that was looked at is the one that is connected to."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    with receiving() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
        sender = client(resolve=lambda host, port, seconds: answers.pop(0))
        assert sender.post(Target("http", "rebinding.example", port, "/"), {}, b"") == Answer(204)
    assert answers == [["10.0.0.1"]]


def test_of_several_addresses_those_that_are_allowed_are_tried():
    with receiving() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
        target = Target("http", "several.example", port, "/")
        assert client(resolve=answering("10.0.0.1", "127.0.0.2", "127.0.0.1")).post(target, {}, b"") == Answer(204)


@pytest.mark.parametrize(
    ("scheme", "port", "cause"),
    [
        ("http", 80, "https_required"),
        ("http", 443, "https_required"),
        ("https", 25, "port_not_allowed"),
        ("https", 6379, "port_not_allowed"),
    ],
)
def test_plain_http_and_other_ports_are_for_private_targets_whatever_else_may_be_reached(scheme, port, cause):
    with pytest.raises(Forbidden, match=cause):
        client(resolve=answering("10.0.0.1", "1.1.1.1")).post(Target(scheme, "public.example", port, "/"), {}, b"")


# TLS


def certificate(tmp_path, *names):
    """A server's context for these names, and a client's that trusts it; nobody else has heard of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    now = datetime.now(UTC)
    addresses = [x509.IPAddress(ip_address(name)) for name in names if name[0].isdigit()]
    others = [x509.DNSName(name) for name in names if not name[0].isdigit()]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([*addresses, *others]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "receiver.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=path)


def test_a_certificate_for_the_hosts_name_is_believed(tmp_path):
    server, trusted = certificate(tmp_path, "receiver.example", "127.0.0.1")
    with receiving(tls=server) as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
        sender = client(trusted=trusted, resolve=answering("127.0.0.1"))
        assert sender.post(Target("https", "receiver.example", port, "/hook"), {}, b"{}") == Answer(204)
        assert post(receiver.url, sender) == Answer(204)


def test_a_certificate_for_another_name_is_not(tmp_path):
    server, trusted = certificate(tmp_path, "other.example")
    with receiving(tls=server) as receiver:
        assert failure(receiver.url, client(trusted=trusted)) == "certificate_not_valid"
    assert receiver.received == []


def test_a_certificate_by_nobody_we_trust_is_not(tmp_path):
    server, _ = certificate(tmp_path, "127.0.0.1")
    with receiving(tls=server) as receiver:
        assert failure(receiver.url) == "certificate_not_valid"
    assert receiver.received == []


def test_who_speaks_no_tls_gets_nothing():
    with receiving() as receiver:
        assert failure(receiver.url.replace("http://", "https://")) == "tls_failed"
    assert receiver.received == []


def test_a_handshake_that_hangs_is_cut_off():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert failure(f"https://127.0.0.1:{listener.getsockname()[1]}/") == "connect_timeout"
