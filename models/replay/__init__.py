"""A behaviour log played through planner, admission, cache policy and model by a simulated clock."""
