//! Encodes records with an encoder of its own and checks what the decoder makes of them, sound and damaged.
