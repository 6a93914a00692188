"""What a client is told once: where the API is, and how patient to be."""
from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Optional
from urllib.parse import quote, urlsplit


@dataclass(frozen=True)
class Address:
    """Where the API listens."""

    host: str
    port: int
    secure: bool
    #: What requests have in `Host`.
    authority: str
    #: What stands before every path, without a slash at its end.
    base: str

    @classmethod
    def parse(cls, url: str) -> "Address":
        """From a URL such as `https://events.example.com/base`.

        Raises:
            ValueError: It is no URL of this kind.
        """
        if not isinstance(url, str) or any(ord(character) <= 32 or ord(character) == 127 for character in url):
            raise ValueError("base_url must be text without white space or control characters")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"base_url must begin with http:// or https:// and name a host, not {parts.scheme!r}")
        if "@" in parts.netloc:
            raise ValueError("base_url must not hold a user or password: keys go into api_key")
        if parts.query or parts.fragment:
            raise ValueError("base_url must not have a query or a fragment")
        secure = parts.scheme == "https"
        # A port that is none raises ValueError here.
        port = parts.port if parts.port is not None else 443 if secure else 80
        host = parts.hostname
        if ":" in host:
            shown = f"[{host.partition('%')[0]}]"
        else:
            if not host.isascii():
                host = host.encode("idna").decode()
            shown = host
        authority = shown if port == (443 if secure else 80) else f"{shown}:{port}"
        return cls(host, port, secure, authority, quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._"))


def _positive(name: str, value: float, *, zero: bool = False) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not (value > 0 or zero and value == 0):
        raise ValueError(f"{name} must be a number {'of 0 or more' if zero else 'above 0'}, not {value!r}")


@dataclass(frozen=True)
class Settings:
    """How calls are made. `EventClient` says what each means."""

    address: Address
    timeout: float
    max_retries: int
    retry_delay: float
    max_retry_delay: float
    deadline: float
    pool_size: int
    max_answer_bytes: int
    gzip_min_bytes: Optional[int]
    batch_size: int
    batch_bytes: int
    api_key: Optional[str] = field(repr=False)
    tls: Optional[ssl.SSLContext] = field(repr=False)

    @classmethod
    def check(cls, base_url: str, *, timeout: float, max_retries: int, retry_delay: float, max_retry_delay: float,
              deadline: float, pool_size: int, max_answer_bytes: int, gzip_min_bytes: Optional[int],
              batch_size: int, batch_bytes: int, api_key: Optional[str],
              ssl_context: Optional[ssl.SSLContext]) -> "Settings":
        """The settings, once they are found to make sense.

        Raises:
            ValueError: One does not; it is named.
        """
        address = Address.parse(base_url)
        _positive("timeout", timeout)
        _positive("max_retries", max_retries, zero=True)
        _positive("retry_delay", retry_delay, zero=True)
        _positive("max_retry_delay", max_retry_delay, zero=True)
        _positive("deadline", deadline)
        _positive("pool_size", pool_size)
        _positive("max_answer_bytes", max_answer_bytes)
        _positive("batch_size", batch_size)
        _positive("batch_bytes", batch_bytes)
        if gzip_min_bytes is not None:
            _positive("gzip_min_bytes", gzip_min_bytes, zero=True)
        if api_key is not None and not (
                isinstance(api_key, str) and api_key and all(33 <= ord(character) <= 126 for character in api_key)):
            # The key itself is never shown.
            raise ValueError("api_key must be visible ASCII characters")
        tls = None
        if address.secure:
            tls = ssl_context or ssl.create_default_context()
        elif ssl_context is not None:
            raise ValueError("ssl_context is given, but base_url does not begin with https://")
        return cls(address, timeout, int(max_retries), retry_delay, max_retry_delay, deadline, int(pool_size),
                   int(max_answer_bytes), gzip_min_bytes, int(batch_size), int(batch_bytes), api_key, tls)
