//! The history of an image: the steps of its build and the layers that they made.

use crate::digest::Digest;
use crate::image::{Descriptor, History};

use super::Inspection;

/// A step of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The image's ID, for its last step. For the other steps it is unknown.
    pub id: Option<Digest>,
    /// The time, RFC 3339; empty if the image does not record it.
    pub created: String,
    /// The command; empty if the image does not record it.
    pub created_by: String,
    /// The comment.
    pub comment: String,
    /// The layer that the step added.
    pub layer: Layer,
}

/// The effect of a step on the layers of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The step changed only settings.
    Empty,
    /// The step made this layer. The size is that of the compressed layer, as in registries and in the store.
    Made(Box<Descriptor>),
    /// The history mentions a layer that the image does not have.
    Missing,
}

impl Layer {
    /// Returns the size in bytes; `None` if it is unknown.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Made(layer) => Some(layer.size),
            Self::Missing => None,
        }
    }
}

/// Returns the steps of an image's build, the last one first.
///
/// A history may be wrong, because anyone can write one. All layers are listed; layers without a step come
/// last, with nothing but their size.
pub fn history(inspection: &Inspection) -> Vec<Step> {
    let mut layers = inspection.image.layers.iter().cloned().map(Box::new);
    let mut steps: Vec<Step> = inspection
        .config
        .history
        .iter()
        .map(|entry| match entry.empty_layer {
            true => step(entry, Layer::Empty),
            false => step(entry, layers.next().map_or(Layer::Missing, Layer::Made)),
        })
        .collect();
    steps.extend(layers.map(|layer| step(&History::default(), Layer::Made(layer))));
    steps.reverse();
    if let Some(last) = steps.first_mut() {
        last.id = Some(inspection.id().clone());
    }
    steps
}

/// Returns the number of layers in the history of an image, if that differs from the actual number.
pub fn told_layers(inspection: &Inspection) -> Option<usize> {
    let history = &inspection.config.history;
    let told = history.iter().filter(|entry| !entry.empty_layer).count();
    (!history.is_empty() && told != inspection.image.layers.len()).then_some(told)
}

fn step(entry: &History, layer: Layer) -> Step {
    Step {
        id: None,
        created: entry.created.clone(),
        created_by: entry.created_by.clone(),
        comment: entry.comment.clone(),
        layer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{ImageConfig, ImageManifest, MediaType};

    /// An image with layers of these sizes and a history of these steps; steps in capitals made a layer.
    fn image(sizes: &[u64], steps: &[&str]) -> Inspection {
        let descriptor =
            |size| Descriptor::new(MediaType::OCI_LAYER_GZIP, Digest::sha256(b"any content"), size);
        let history = steps.iter().map(|step| History {
            created_by: (*step).to_owned(),
            empty_layer: step.chars().all(char::is_lowercase),
            ..History::default()
        });
        Inspection {
            names: Vec::new(),
            root: descriptor(1),
            image: ImageManifest {
                artifact_type: None,
                config: descriptor(2),
                layers: sizes.iter().map(|size| descriptor(*size)).collect(),
                subject: None,
            },
            config: ImageConfig { history: history.collect(), ..ImageConfig::default() },
            run: None,
        }
    }

    fn told(image: &Inspection) -> Vec<(String, Option<u64>)> {
        history(image).into_iter().map(|step| (step.created_by, step.layer.size())).collect()
    }

    #[test]
    fn layers_belong_to_the_steps_that_made_them() {
        let image = image(&[10, 20], &["ADD", "env", "RUN", "cmd"]);
        let expected = [("cmd", 0), ("RUN", 20), ("env", 0), ("ADD", 10)];
        let expected: Vec<_> = expected.map(|(step, size)| (step.to_owned(), Some(size))).into();
        assert_eq!((told(&image), told_layers(&image)), (expected, None));
        let ids: Vec<bool> = history(&image).iter().map(|step| step.id.is_some()).collect();
        assert_eq!(ids, [true, false, false, false]);
    }

    #[test]
    fn no_layer_is_hidden_by_a_history_that_is_too_short() {
        let short = image(&[10, 20, 30], &["ADD", "env"]);
        let expected = [("", 30), ("", 20), ("env", 0), ("ADD", 10)];
        let expected: Vec<_> = expected.map(|(step, size)| (step.to_owned(), Some(size))).into();
        assert_eq!((told(&short), told_layers(&short)), (expected, Some(1)));
        let bare = image(&[10], &[]);
        assert_eq!((told(&bare), told_layers(&bare)), (vec![(String::new(), Some(10))], None));
    }

    #[test]
    fn a_layer_that_is_not_there_has_no_size() {
        let long = image(&[10], &["ADD", "RUN"]);
        let expected = vec![("RUN".to_owned(), None), ("ADD".to_owned(), Some(10))];
        assert_eq!((told(&long), told_layers(&long)), (expected, Some(2)));
        assert_eq!(history(&image(&[], &[])), []);
    }
}
