//! Parameters in flat memory, in the layouts that kernels read.
//!
//! Channels lie innermost and are padded with zeros to whole registers; PyTorch's layouts exist
//! only at the border. Weights, gradients and the optimiser's moments share one layout, so that
//! the update is one pass over flat memory.

use hilum_graph::{Graph, NodeIndex, Op, ParameterRole, ParameterSpec, Parameters, Tensor};

use crate::memory::Buffer;

/// Where a parameter lies among all others.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) spec: ParameterSpec,
    /// The first value.
    pub(crate) offset: usize,
    /// Values, padding included.
    pub(crate) len: usize,
    layout: Layout,
}

/// How a parameter's values are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// `[tap][c][k]`, a full matrix per tap; zeros between groups.
    Dense {
        taps: usize,
        c: usize,
        c_stride: usize,
        k: usize,
        k_stride: usize,
        groups: usize,
    },
    /// `[tap][c]`
    Depthwise {
        taps: usize,
        c: usize,
        stride: usize,
    },
    /// `[c]`
    Vector { c: usize },
}

impl Layout {
    fn len(self, lanes: usize) -> usize {
        match self {
            Self::Dense {
                taps,
                c_stride,
                k_stride,
                ..
            } => taps * c_stride * k_stride,
            Self::Depthwise { taps, stride, .. } => taps * stride,
            Self::Vector { c } => c.next_multiple_of(lanes),
        }
    }

    /// Calls `each(index in PyTorch's layout, index here)` for every value.
    fn for_each(self, mut each: impl FnMut(usize, usize)) {
        match self {
            Self::Dense {
                taps,
                c,
                c_stride,
                k,
                k_stride,
                groups,
            } => {
                let (c_group, k_group) = (c / groups, k / groups);
                for filter in 0..k {
                    let first = filter / k_group * c_group;
                    for channel in 0..c_group {
                        for tap in 0..taps {
                            let from = (filter * c_group + channel) * taps + tap;
                            each(from, (tap * c_stride + first + channel) * k_stride + filter);
                        }
                    }
                }
            }
            Self::Depthwise { taps, c, stride } => {
                for channel in 0..c {
                    for tap in 0..taps {
                        each(channel * taps + tap, tap * stride + channel);
                    }
                }
            }
            Self::Vector { c } => (0..c).for_each(|channel| each(channel, channel)),
        }
    }
}

/// The values of all parameters, and when each has changed: packed forms of them are compared
/// with that before they are used.
pub(crate) struct ParameterMemory {
    values: Buffer,
    /// Counts the changes.
    generation: u64,
    /// By parameter: the generation in which it changed last.
    changed: Vec<u64>,
}

impl ParameterMemory {
    /// Zeros for every parameter of `store`.
    pub(crate) fn new(store: &Store) -> Self {
        Self {
            values: store.buffer(),
            generation: 0,
            changed: vec![0; store.entries.len()],
        }
    }

    /// The values.
    pub(crate) fn values(&self) -> &Buffer {
        &self.values
    }

    /// The values, of which those of `parameters` will change.
    pub(crate) fn change(&mut self, parameters: impl IntoIterator<Item = usize>) -> &mut Buffer {
        self.generation += 1;
        for parameter in parameters {
            self.changed[parameter] = self.generation;
        }
        &mut self.values
    }

    /// The generation in which any of `parameters` changed last; the first of none.
    pub(crate) fn latest(&self, parameters: impl Iterator<Item = usize>) -> u64 {
        let changed = parameters.map(|parameter| self.changed[parameter]);
        changed.max().unwrap_or(0)
    }
}

/// The places of all parameters of a graph.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    entries: Vec<Entry>,
    len: usize,
}

impl Store {
    /// Places for the parameters of `graph`, whose nodes' values have `strides`.
    pub(crate) fn new(graph: &Graph, strides: &[usize], lanes: usize) -> Self {
        let mut len = 0;
        let entries = graph.parameters().into_iter().map(|spec| {
            let layout = layout(graph, strides, &spec);
            let entry = Entry {
                offset: len,
                len: layout.len(lanes),
                layout,
                spec,
            };
            // Parameters start at cache lines, whatever the lanes.
            len += entry.len.next_multiple_of(16);
            entry
        });
        let entries = entries.collect();
        Self { entries, len }
    }

    /// All parameters, in the order of the nodes.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Zeros for every parameter.
    pub(crate) fn buffer(&self) -> Buffer {
        Buffer::zeroed(self.len)
    }

    /// The number of a node's parameter, if it has such a one.
    pub(crate) fn find(&self, node: NodeIndex, role: ParameterRole) -> Option<usize> {
        let is_it = |entry: &Entry| entry.spec.node == node && entry.spec.role == role;
        self.entries.iter().position(is_it)
    }

    /// The values of parameter `index`.
    pub(crate) fn part<'a>(&self, buffer: &'a Buffer, index: usize) -> &'a [f32] {
        let entry = &self.entries[index];
        &buffer[entry.offset..entry.offset + entry.len]
    }

    /// Writes `data`, in PyTorch's layout, to the place of parameter `index`.
    pub(crate) fn write(&self, buffer: &mut Buffer, index: usize, data: &[f32]) {
        let entry = &self.entries[index];
        let place = &mut buffer[entry.offset..entry.offset + entry.len];
        entry.layout.for_each(|from, to| place[to] = data[from]);
    }

    /// Writes every parameter that `parameters` has to its place.
    pub(crate) fn place(&self, parameters: &Parameters, buffer: &mut Buffer) {
        for (index, entry) in self.entries.iter().enumerate() {
            if let Some(tensor) = parameters.get(&entry.spec.name) {
                self.write(buffer, index, &tensor.data);
            }
        }
    }

    /// Parameter `index` in PyTorch's layout.
    pub(crate) fn read(&self, buffer: &Buffer, index: usize) -> Tensor {
        let entry = &self.entries[index];
        let place = &buffer[entry.offset..entry.offset + entry.len];
        let mut data = vec![0.0; entry.spec.shape.iter().product()];
        entry.layout.for_each(|to, from| data[to] = place[from]);
        Tensor::new(entry.spec.shape.clone(), data)
    }

    /// Zeroes what is padding in the place of parameter `index`, and what lies between groups.
    pub(crate) fn clear_padding(&self, buffer: &mut Buffer, index: usize) {
        let entry = &self.entries[index];
        let place = &mut buffer[entry.offset..entry.offset + entry.len];
        match entry.layout {
            Layout::Dense {
                taps,
                c,
                c_stride,
                k,
                k_stride,
                groups,
            } => {
                if c == c_stride && k == k_stride && groups == 1 {
                    return;
                }
                for tap in 0..taps {
                    for channel in 0..c_stride {
                        let row = &mut place[(tap * c_stride + channel) * k_stride..][..k_stride];
                        let filters = if channel < c {
                            let group = channel / (c / groups);
                            group * (k / groups)..(group + 1) * (k / groups)
                        } else {
                            0..0
                        };
                        row[..filters.start].fill(0.0);
                        row[filters.end..].fill(0.0);
                    }
                }
            }
            Layout::Depthwise { c, stride, .. } => {
                place
                    .chunks_exact_mut(stride)
                    .for_each(|row| row[c..].fill(0.0));
            }
            Layout::Vector { c } => place[c..].fill(0.0),
        }
    }
}

fn layout(graph: &Graph, strides: &[usize], spec: &ParameterSpec) -> Layout {
    let node = graph.node(spec.node);
    if spec.role != ParameterRole::Weight {
        return Layout::Vector { c: spec.shape[0] };
    }
    let input = node.inputs[0];
    let (c, c_stride) = (graph.node(input).shape.channels, strides[input.0]);
    let k_stride = strides[spec.node.0];
    let taps = spec.shape[2..].iter().product();
    let groups = match node.op {
        Op::Convolution { groups, .. } => groups,
        _ => 1,
    };
    if is_depthwise(graph, spec.node) {
        return Layout::Depthwise {
            taps,
            c,
            stride: c_stride,
        };
    }
    Layout::Dense {
        taps,
        c,
        c_stride,
        k: spec.shape[0],
        k_stride,
        groups,
    }
}

/// Whether `node` is a convolution with one kernel per channel.
pub(crate) fn is_depthwise(graph: &Graph, node: NodeIndex) -> bool {
    let Op::Convolution {
        out_channels,
        groups,
        ..
    } = graph.node(node).op
    else {
        return false;
    };
    let channels = graph.node(graph.node(node).inputs[0]).shape.channels;
    groups > 1 && groups == channels && groups == out_channels
}

/// Values from pixel to pixel of every node's result: its channels in whole registers.
pub(crate) fn whole_strides(graph: &Graph, lanes: usize) -> Vec<usize> {
    let nodes = graph.nodes().iter();
    nodes
        .map(|node| node.shape.channels.next_multiple_of(lanes))
        .collect()
}

/// Values from pixel to pixel of every node's result: its channels in whole registers, or, for an
/// image that only convolutions read, its channels.
pub(crate) fn strides(graph: &Graph, lanes: usize) -> Vec<usize> {
    let nodes = graph.nodes();
    let mut dense = vec![false; nodes.len()];
    for index in (0..nodes.len()).rev() {
        let is_image = matches!(nodes[index].op, Op::Input | Op::RepeatChannels { .. });
        let reads = |user: usize| match nodes[user].op {
            Op::Convolution { .. } => !is_depthwise(graph, NodeIndex(user)),
            Op::RepeatChannels { .. } => dense[user],
            _ => false,
        };
        let mut users =
            (index + 1..nodes.len()).filter(|user| nodes[*user].inputs.contains(&NodeIndex(index)));
        dense[index] = is_image && index + 1 < nodes.len() && users.all(reads);
    }
    nodes
        .iter()
        .zip(dense)
        .map(|(node, dense)| {
            let channels = node.shape.channels;
            if dense {
                channels
            } else {
                channels.next_multiple_of(lanes)
            }
        })
        .collect()
}
