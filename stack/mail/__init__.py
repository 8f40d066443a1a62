"""Where the platform's mail ends up on a developer's machine: received by SMTP on the loopback, shown in a browser."""
