"""Drawing: samplers, adapters, encoding, and the engines' contract."""
