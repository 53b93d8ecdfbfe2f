"""What comes back by mail: bounces, complaints, automatic replies and what people write."""
