"""Speed and memory, as ratios measured side by side in one run: these machines are noisy, ratios much less so."""
