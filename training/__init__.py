"""Makes `inkling`, the tiny model that ships with storyboard: art, training, export."""
