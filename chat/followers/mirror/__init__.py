"""The mirror: a follower that copies the entries of rooms into a stream of NATS or Kafka."""
