"""The relay process, `python -m auth_service.relay`: publishes the outbox, keeps the heartbeat, rotates the keys."""

from __future__ import annotations

from auth_service.settings import RelaySettings
from auth_service.wiring import SERVICE, connect_relay
from service_kit.observability import observe
from service_kit.process import StopSignal, run


def main() -> int:
    """Run until stopped; return the exit code."""
    settings = RelaySettings.from_env()
    registry = observe(SERVICE, "relay", settings)
    parts = connect_relay(settings, registry)

    def loop(stop: StopSignal) -> None:
        parts.heartbeat.start(stop)
        parts.key_rotation.start(stop)
        parts.relay.run(stop)

    return run(
        "auth-relay",
        loop,
        host=settings.http_host,
        port=settings.http_port,
        registry=registry,
        ready=parts.ready,
        progress=parts.relay.progress,
    )


if __name__ == "__main__":
    raise SystemExit(main())
