"""The model, LoRAs and fonts that ship with the package."""
