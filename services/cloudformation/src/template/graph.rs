//! Orders what depends on each other, and finds the circles that have no order.

/// An order in which each comes after what it depends on, in given order where that is free; or
/// those that are in circles (or between two). `depends_on[i]` are the indices `i` needs.
pub(super) fn order(depends_on: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut order: Vec<usize> = Vec::new();
    let mut done = vec![false; depends_on.len()];
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); depends_on.len()];
    let mut open: Vec<usize> = vec![0; depends_on.len()];
    for (index, needs) in depends_on.iter().enumerate() {
        open[index] = needs.len();
        for &need in needs {
            needed_by[need].push(index);
        }
    }
    let mut ready: std::collections::BTreeSet<usize> =
        (0..open.len()).filter(|&index| open[index] == 0).collect();
    while let Some(next) = ready.pop_first() {
        done[next] = true;
        order.push(next);
        for &user in &needed_by[next] {
            open[user] -= 1;
            if open[user] == 0 {
                ready.insert(user);
            }
        }
    }
    if order.len() == depends_on.len() {
        return Ok(order);
    }
    Err(trimmed(depends_on, &needed_by, done))
}

/// Of those not done, takes away what nothing in a circle needs.
fn trimmed(depends_on: &[Vec<usize>], needed_by: &[Vec<usize>], mut gone: Vec<bool>) -> Vec<usize> {
    let mut users: Vec<usize> =
        needed_by.iter().map(|users| users.iter().filter(|&&user| !gone[user]).count()).collect();
    let mut free: Vec<usize> =
        (0..gone.len()).filter(|&index| !gone[index] && users[index] == 0).collect();
    while let Some(index) = free.pop() {
        gone[index] = true;
        for &need in &depends_on[index] {
            users[need] = users[need].saturating_sub(1);
            if users[need] == 0 && !gone[need] {
                free.push(need);
            }
        }
    }
    (0..gone.len()).filter(|&index| !gone[index]).collect()
}

/// One circle among those that [`order`] returned: each needs the next, the last the first.
/// `among` is sorted.
pub(super) fn circle(depends_on: &[Vec<usize>], among: &[usize]) -> Vec<usize> {
    let mut path: Vec<usize> = Vec::new();
    let mut at = among.first().copied();
    while let Some(index) = at {
        if let Some(start) = path.iter().position(|&seen| seen == index) {
            path.drain(..start);
            return path;
        }
        path.push(index);
        at = depends_on[index].iter().copied().find(|need| among.binary_search(need).is_ok());
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn order_keeps_what_is_given_where_it_may() {
        assert_eq!(order(&[vec![], vec![], vec![0]]), Ok(vec![0, 1, 2]));
        assert_eq!(order(&[vec![2], vec![], vec![1]]), Ok(vec![1, 2, 0]));
    }

    #[test]
    fn only_those_in_the_circle_are_named() {
        // 0 needs 1; 1 and 2 need each other; 3 needs nothing.
        let edges = [vec![1], vec![2], vec![1], vec![]];
        assert_eq!(order(&edges), Err(vec![1, 2]));
        assert_eq!(circle(&edges, &[1, 2]), [1, 2]);
        assert_eq!(order(&[vec![0]]), Err(vec![0]));
    }

    proptest! {
        #[test]
        fn an_order_is_right_and_a_circle_is_one(
            edges in prop::collection::vec(prop::collection::vec(0_usize..12, 0..3), 12)
        ) {
            match order(&edges) {
                Ok(order) => {
                    for (at, index) in order.iter().enumerate() {
                        prop_assert!(edges[*index].iter().all(|need| order[..at].contains(need)));
                    }
                }
                Err(among) => {
                    let circle = circle(&edges, &among);
                    prop_assert!(!circle.is_empty());
                    for (at, index) in circle.iter().enumerate() {
                        let next = circle[(at + 1) % circle.len()];
                        prop_assert!(edges[*index].contains(&next));
                    }
                }
            }
        }
    }
}
