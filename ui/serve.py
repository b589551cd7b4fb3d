"""Serves the analyst's desk to browsers: Streamlit with what it would ask of other machines turned off."""

from pathlib import Path

from streamlit.web import bootstrap

from app.settings import Settings


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
    }
    bootstrap.load_config_options({name.replace(".", "_"): value for name, value in options.items()})
    bootstrap.run(str(Path(__file__).with_name("main.py")), False, [], {})
