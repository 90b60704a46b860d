"""What a journey is and what it does next: pure, so the same in the engine, in the simulation and in the editor."""
