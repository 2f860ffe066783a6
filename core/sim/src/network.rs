//! How far the places of the virtual world are from each other. Every trip has luck of its own, out
//! of the seed.

use standin_engine::{Network, Span};
use standin_kernel::Duration;

/// The distances, as times that a message and its answer take together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distances {
    /// From a viewer to the nearest point of presence.
    pub viewer_edge: Span,
    /// From there to a load balancer, a bucket or another origin.
    pub edge_origin: Span,
    /// From a load balancer to a task.
    pub balancer_task: Span,
}

impl Distances {
    /// All places are one, as on one machine.
    pub const NONE: Self = Self {
        viewer_edge: span(Duration::ZERO, Duration::ZERO),
        edge_origin: span(Duration::ZERO, Duration::ZERO),
        balancer_task: span(Duration::ZERO, Duration::ZERO),
    };

    pub(crate) const fn inside(self) -> Network {
        Network { edge_origin: self.edge_origin, balancer_task: self.balancer_task }
    }
}

/// A viewer at home in the city of the edge, and an edge in the region's own city.
impl Default for Distances {
    fn default() -> Self {
        Self {
            viewer_edge: span(Duration::from_millis(12), Duration::from_millis(3)),
            edge_origin: span(Duration::from_millis(4), Duration::from_millis(1)),
            balancer_task: span(Duration::from_micros(600), Duration::from_micros(200)),
        }
    }
}

const fn span(typical: Duration, jitter: Duration) -> Span {
    Span { typical, jitter }
}
