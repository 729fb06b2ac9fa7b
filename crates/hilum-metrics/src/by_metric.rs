//! A struct with a field for each of some metrics.

/// Declares a struct of `field = METRIC` pairs, whose fields have the metrics' names, and the ways
/// between metrics and fields. What else such a struct holds comes after a `;`.
macro_rules! by_metric {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident: $value:ty {
            $($field:ident = $metric:expr,)+
            $(; $($(#[$other_attribute:meta])* $other:ident: $other_type:ty,)+)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $($($(#[$other_attribute])* pub $other: $other_type,)+)?
            $(
                #[doc = concat!("Of [`", stringify!($metric), "`](crate::", stringify!($metric), ").")]
                pub $field: $value,
            )+
        }

        impl $name {
            /// The metrics that have a field here, in the order in which they are written.
            pub const METRICS: &'static [$crate::Metric] = &[$($metric),+];

            /// What `value` gives for each metric.
            pub fn each(
                $($($other: $other_type,)+)?
                mut value: impl FnMut(&$crate::Metric) -> $value,
            ) -> Self {
                Self {
                    $($($other,)+)?
                    $($field: value(&$metric),)+
                }
            }

            /// The value of `metric`; `None` if it has no field here.
            pub fn get(&self, metric: &$crate::Metric) -> Option<$value> {
                let mut values = self.iter();
                values.find(|(one, _)| *one == metric).map(|(_, value)| value)
            }

            /// Each metric with its value.
            pub fn iter(&self) -> impl Iterator<Item = (&'static $crate::Metric, $value)> + use<> {
                Self::METRICS.iter().zip([$(self.$field),+])
            }
        }
    };
}

pub(crate) use by_metric;
