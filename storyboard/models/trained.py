"""How a single-file checkpoint was trained, as far as the file tells.

There is no rule that all keep: some trainers write it into the metadata, others mark the file with
an empty tensor, and many say nothing, so that the story must.
"""

from __future__ import annotations

from storyboard.jobs import Prediction
from storyboard.models.header import Header

_TRUE = ("true", "1")


def trained_prediction(header: Header) -> Prediction | None:
    """What the UNet predicts: `modelspec.prediction_type` (ModelSpec 1.0), `modelspec.predict_key`
    (ComfyUI), `ss_v_parameterization` (kohya's trainer), or a tensor `v_pred`; None if untold."""
    said = {header.metadata.get(f"modelspec.{key}") for key in ("prediction_type", "predict_key")}
    v_trained = header.metadata.get("ss_v_parameterization", "").lower() in _TRUE
    if "v_pred" in header.tensors or v_trained or said & {"v", "v_prediction"}:
        return "v_prediction"
    return "epsilon" if "epsilon" in said else None


def trained_to_zero_snr(header: Header) -> bool:
    """Whether its noise levels end in noise alone: a tensor `ztsnr`, or
    `ss_zero_terminal_snr` (kohya's trainer)."""
    said = header.metadata.get("ss_zero_terminal_snr", "").lower() in _TRUE
    return said or "ztsnr" in header.tensors
