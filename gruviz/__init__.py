"""gruviz: see what a gated recurrent network keeps and what it overwrites, timestep by timestep."""
