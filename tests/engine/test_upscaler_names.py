"""Ways to enlarge have the WebUI's names, in any case of letters."""

from __future__ import annotations

import pytest

from storyboard.engine.upscaler_names import (
    BICUBIC,
    LATENT_MODES,
    UPSCALERS,
    file_named,
    latent_mode,
    upscaler_named,
    written_name,
)
from tests.support.jobs import model_file

WEBUI = {
    "Latent": "Latent",
    "Latent (antialiased)": "Latent (antialiased)",
    "Latent (bicubic)": "latent",
    "Latent (bicubic antialiased)": "Latent (bicubic antialiased)",
    "Latent (nearest)": "Latent (nearest)",
    "Latent (nearest-exact)": "Latent (nearest-exact)",
    "None": "lanczos",
    "Lanczos": "lanczos",
    "Nearest": "nearest",
}


@pytest.mark.parametrize("name", WEBUI)
def test_every_upscaler_of_the_webui_without_a_file_is_known_in_any_case(name: str) -> None:
    assert upscaler_named(name) == WEBUI[name]
    assert upscaler_named(name.upper()) == WEBUI[name]
    if name != "Latent":
        assert upscaler_named(name.lower()) == WEBUI[name]


def test_latent_in_small_letters_alone_is_bicubic() -> None:
    assert latent_mode("latent") == BICUBIC == latent_mode("Latent (bicubic)")
    assert latent_mode("Latent") == LATENT_MODES["Latent"] != BICUBIC


def test_pixels_are_enlarged_by_all_others() -> None:
    assert [name for name in UPSCALERS if latent_mode(name) is None] == ["lanczos", "nearest"]
    assert latent_mode(model_file("4x")) is None
    assert latent_mode("4x") is None and upscaler_named("4x") is None


@pytest.mark.parametrize("name", UPSCALERS)
def test_what_is_written_is_the_webuis_name_and_is_read_back(name: str) -> None:
    assert written_name(name) in WEBUI
    assert upscaler_named(written_name(name)) == name


def test_the_webuis_own_names_for_some_files_are_known() -> None:
    assert file_named("R-ESRGAN 4x+ Anime6B") == "RealESRGAN_x4plus_anime_6B"
    assert file_named("4x-UltraSharp") is None
