//! Classes of objects: those of one allocation site and one type are alike.
//!
//! Input: samples and buckets of the memory profile that is in the dump, and types, where somebody knows them. Output: a
//! class for every object. Of an object with neither site nor type the size has to do.

use rustc_hash::FxHashMap;

use super::collect::Collected;
use super::objects::{NONE, Objects};
use crate::ingest::sites;
use crate::model::{ModuleTable, Site, SiteClass};

/// Types of objects, as found out elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Types {
    /// By object, place in `names`; `u32::MAX` where it is not known. May be shorter than there are objects.
    pub of: Vec<u32>,
    /// Names, each once.
    pub names: Vec<String>,
}

/// What objects of a class have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Class {
    /// Place in [`Classes::sites`], or [`NONE`].
    pub(super) site: u32,
    /// Place in [`Types::names`], or [`NONE`].
    pub(super) type_: u32,
    /// Bytes, if neither is known; else 0.
    pub(super) size: u64,
}

/// Classes of all objects.
#[derive(Debug, Default)]
pub(super) struct Classes {
    /// By object.
    of: Vec<u32>,
    pub(super) list: Vec<Class>,
    pub(super) sites: Vec<Site>,
    pub(super) type_names: Vec<String>,
    pub(super) n_sampled: u64,
    pub(super) n_typed: u64,
}

impl Classes {
    pub(super) fn new(
        all: &Collected,
        objects: &Objects,
        types: Option<&Types>,
        modules: &ModuleTable,
    ) -> Self {
        let mut classes = Self::default();
        let site_of_bucket = classes.sites(all, modules);
        let mut of = vec![NONE; objects.len() as usize];
        for &(address, bucket) in &all.samples {
            if let Some(object) = objects.find(address) {
                of[object as usize] = site_of_bucket[bucket as usize];
            }
        }
        classes.type_names = types.map(|types| types.names.clone()).unwrap_or_default();
        classes.number(&mut of, objects, types);
        classes.of = of;
        classes
    }

    fn sites(&mut self, all: &Collected, modules: &ModuleTable) -> Vec<u32> {
        let mut known: FxHashMap<Site, u32> = FxHashMap::default();
        let mut site_of_bucket = Vec::with_capacity(all.buckets.len());
        for bucket in &all.buckets {
            let site = sites::site(modules, &bucket.stack, bucket.size);
            let next = self.sites.len() as u32;
            let place = *known.entry(site.clone()).or_insert(next);
            if place == next {
                self.sites.push(site);
            }
            site_of_bucket.push(place);
        }
        site_of_bucket
    }

    /// From sites to classes, in place.
    fn number(&mut self, of: &mut [u32], objects: &Objects, types: Option<&Types>) {
        let mut known: FxHashMap<Class, u32> = FxHashMap::default();
        // Neighbours are often alike.
        let mut last = None;
        for (object, place) in of.iter_mut().enumerate() {
            let site = *place;
            let type_ = types.and_then(|types| types.of.get(object)).copied().unwrap_or(NONE);
            self.n_sampled += u64::from(site != NONE);
            self.n_typed += u64::from(type_ != NONE);
            let size = if site == NONE && type_ == NONE { objects.size(object as u32) } else { 0 };
            let class = Class { site, type_, size };
            *place = match last {
                Some((last, number)) if last == class => number,
                _ => {
                    let next = self.list.len() as u32;
                    let number = *known.entry(class).or_insert(next);
                    if number == next {
                        self.list.push(class);
                    }
                    number
                }
            };
            last = Some((class, *place));
        }
    }

    #[inline]
    pub(super) fn of(&self, object: u32) -> u32 {
        self.of[object as usize]
    }

    pub(super) fn len(&self) -> u32 {
        self.list.len() as u32
    }

    /// `None` for numbers that are no class.
    pub(super) fn class(&self, number: u32) -> Option<&Class> {
        self.list.get(number as usize)
    }

    pub(super) fn site(&self, number: u32) -> Option<&Site> {
        self.sites.get(self.class(number)?.site as usize)
    }

    pub(super) fn type_name(&self, number: u32) -> Option<&str> {
        self.type_names.get(self.class(number)?.type_ as usize).map(String::as_str)
    }

    /// The site is where maps allocate their tables.
    pub(super) fn is_map(&self, number: u32) -> bool {
        self.site(number).is_some_and(|site| site.class == SiteClass::Map)
    }
}
