"""The only rooms with torch: loading, encoding, adapters, samplers, drawing."""
