"""What checkpoints, LoRAs and embeddings there are; read from headers, without torch."""
