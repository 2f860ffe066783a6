//! The resolvers that containers ask: one for each VPC, as on AWS, and one for those outside of
//! any. Each stands at an address of its own, by which it knows who asks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;

use tokio::net::UdpSocket;

use super::{Others, PORT, Server, Sockets, serve};
use crate::driver::Driver;
use crate::run::bind;
use crate::tls;
use crate::workloads::view;

/// A VPC, or nothing for what is in none.
type Vpc = Option<String>;

/// All that there are.
#[derive(Debug, Default)]
pub(crate) struct Resolvers {
    /// Where the one outside of VPCs stands; or why there is none.
    first: RefCell<Option<Result<Ipv4Addr, String>>>,
    /// The folders of what containers see, by where they are.
    views: RefCell<BTreeMap<Vpc, PathBuf>>,
}

impl Resolvers {
    /// Starts the first one, if this machine allows it.
    pub(crate) async fn begin(&self, driver: &Rc<Driver>) {
        let begun = async {
            let (address, view) = stand(driver, None, 0)?;
            let tried = driver.workloads.borrow().try_view(&view);
            tried.await?;
            self.views.borrow_mut().insert(None, view);
            driver.show_names(None);
            Ok(address)
        };
        let begun = begun.await;
        *self.first.borrow_mut() = Some(begun);
    }

    /// Where containers outside of VPCs ask for names, or why they ask the machine's resolver.
    pub(crate) fn first(&self) -> Result<Ipv4Addr, String> {
        self.first.borrow().clone().unwrap_or_else(|| Err("not yet".to_owned()))
    }

    /// What a container of a VPC sees; `None`: the machine's own files.
    pub(crate) fn view(&self, driver: &Driver, vpc: Vpc) -> Option<PathBuf> {
        let mut views = self.views.borrow_mut();
        if let Some(view) = views.get(&vpc) {
            return Some(view.clone());
        }
        let outside = views.get(&None)?.clone();
        let number = u16::try_from(views.len()).unwrap_or(u16::MAX);
        let stood = driver.this().ok_or_else(String::new);
        let stood = stood.and_then(|driver| stand(&driver, vpc.clone(), number));
        let view = match stood {
            Ok((_, view)) => view,
            Err(wrong) => {
                let name = vpc.as_deref().unwrap_or_default();
                driver.say(&format!("tasks of {name} find no names of private zones: {wrong}"));
                outside
            }
        };
        views.insert(vpc, view.clone());
        Some(view)
    }
}

/// Starts resolver number `number`, the last addresses of the tasks' network being theirs, and
/// writes what its askers see.
fn stand(driver: &Rc<Driver>, vpc: Vpc, number: u16) -> Result<(Ipv4Addr, PathBuf), String> {
    // Databases have the addresses from the other end of the last 256 on.
    let host = u16::MAX.checked_sub(number).filter(|host| *host > 0xff80);
    let host = host.ok_or("there are too many VPCs")?;
    let address = driver.engine().env().task_address(host);
    let place = SocketAddr::from((address, PORT));
    let cannot = |wrong: std::io::Error| format!("port {PORT} of {address}: {wrong}");
    let tcp = bind(place).map_err(cannot)?;
    let udp = std::net::UdpSocket::bind(place).map_err(cannot)?;
    udp.set_nonblocking(true).map_err(cannot)?;
    let udp = UdpSocket::from_std(udp).map_err(cannot)?;
    let authority = tls::authority_file(&driver.state_dir);
    let name = vpc.as_deref().unwrap_or("outside");
    let folder = driver.state_dir.join("view").join(name);
    let view = view::write(folder, address, &authority)
        .map_err(|wrong| format!("the files that containers are to see: {wrong}"))?;
    let others = view::name_servers().into_iter().map(|one| SocketAddr::new(one, PORT));
    let others = Rc::new(Others::new(others.collect()));
    serve(driver, Sockets { udp: vec![udp], tcp: vec![tcp] }, &Server::Resolver { others, vpc });
    Ok((address, view))
}
