"""Networks, tasks, training, the replay of gates, the recorder, checkpoint formats. The only room that knows torch."""
