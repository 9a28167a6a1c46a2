"""The index on disk: `layout` is its folder, `generation` one complete index in it, `build` makes a new one."""
