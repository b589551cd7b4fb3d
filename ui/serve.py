"""Serves the analyst's desk to browsers: Streamlit with what it would ask of other machines turned off."""

import secrets
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.routing import Route

from app.settings import Settings
from ui import session

_LIGHT = {
    "primaryColor": "#1f5f8b", "backgroundColor": "#ffffff", "secondaryBackgroundColor": "#f4f6f8", "textColor": "#1d2733",
    "borderColor": "#dce1e7", "linkColor": "#1f5f8b",
}  # fmt: skip
_DARK = {
    "primaryColor": "#5fa8d6", "backgroundColor": "#14191f", "secondaryBackgroundColor": "#1d242c", "textColor": "#e4e9ee",
    "borderColor": "#333d47", "linkColor": "#7dbbe2",
}  # fmt: skip


def serve(settings: Settings) -> None:
    """Answer browsers until told to stop."""
    options: dict[str, object] = {
        "server.address": settings.ui_address,
        "server.port": settings.ui_port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.maxUploadSize": max(1, settings.max_file_bytes // 1_000_000),
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "theme.baseFontSize": 14,
        "theme.baseRadius": "6px",
        "theme.buttonRadius": "6px",
        **{f"theme.light.{name}": value for name, value in _LIGHT.items()},
        **{f"theme.dark.{name}": value for name, value in _DARK.items()},
    }
    routes = [Route(session.PATH, session.keep, methods=["POST"])]
    st.App(Path(__file__).with_name("main.py"), secrets=_sign_in_by_provider(settings), routes=routes).run(config=options)


def _sign_in_by_provider(settings: Settings) -> dict[str, Any] | None:
    """Return what Streamlit needs to send people to the identity provider, None where they sign in by password only."""
    if not settings.oidc_issuer or not settings.oidc_client_secret:
        return None
    place = settings.ui_url or f"http://{settings.ui_address}:{settings.ui_port}"
    return {
        "auth": {
            "redirect_uri": f"{place.rstrip('/')}/oauth2callback",
            "cookie_secret": secrets.token_urlsafe(32),
            "client_id": settings.oidc_audience,
            "client_secret": settings.oidc_client_secret,
            "server_metadata_url": settings.oidc_metadata or f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            "expose_tokens": ["id"],
        }
    }
