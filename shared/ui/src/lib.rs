//! HTML from view models, and the assets that go with it.
