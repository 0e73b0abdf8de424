"""What is learned: features, models, training, evaluation, registry."""
