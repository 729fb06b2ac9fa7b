//! The inverse DCT of libjpeg's `jidctint.c` (Loeffler, Ligtenberg and Moschytz, ICASSP 1989, in
//! fixed point), to the bit: what GDCM, dcmtk and Pillow use.

const FIXED_BITS: u32 = 13;

const FIX_0_298631336: i64 = 2446;
const FIX_0_390180644: i64 = 3196;
const FIX_0_541196100: i64 = 4433;
const FIX_0_765366865: i64 = 6270;
const FIX_0_899976223: i64 = 7373;
const FIX_1_175875602: i64 = 9633;
const FIX_1_501321110: i64 = 12299;
const FIX_1_847759065: i64 = 15137;
const FIX_1_961570560: i64 = 16069;
const FIX_2_053119869: i64 = 16819;
const FIX_2_562915447: i64 = 20995;
const FIX_3_072711026: i64 = 25172;

/// Samples of an 8x8 block from its dequantised coefficients, row by row, in `0..=largest`.
pub(super) fn inverse_dct(coefficients: &[i32; 64], precision: u8) -> [i32; 64] {
    // libjpeg keeps one bit less between the passes of 12-bit images, for 32-bit arithmetic.
    let pass_bits = if precision == 8 { 2 } else { 1 };
    let mut work = [0_i64; 64];
    for column in 0..8 {
        let input = std::array::from_fn(|row| i64::from(coefficients[row * 8 + column]));
        let output = one_dimension(input, FIXED_BITS - pass_bits);
        for (row, value) in output.into_iter().enumerate() {
            work[row * 8 + column] = value;
        }
    }
    let (middle, largest) = (1_i64 << (precision - 1), (1_i64 << precision) - 1);
    let mut samples = [0; 64];
    for row in 0..8 {
        let input = std::array::from_fn(|column| work[row * 8 + column]);
        let output = one_dimension(input, FIXED_BITS + pass_bits + 3);
        for (column, value) in output.into_iter().enumerate() {
            samples[row * 8 + column] = (value + middle).clamp(0, largest) as i32;
        }
    }
    samples
}

/// Eight values, rounded to `bits` fewer.
fn one_dimension(input: [i64; 8], bits: u32) -> [i64; 8] {
    let z1 = (input[2] + input[6]) * FIX_0_541196100;
    let tmp2 = z1 - input[6] * FIX_1_847759065;
    let tmp3 = z1 + input[2] * FIX_0_765366865;
    let tmp0 = (input[0] + input[4]) << FIXED_BITS;
    let tmp1 = (input[0] - input[4]) << FIXED_BITS;
    let even = [tmp0 + tmp3, tmp1 + tmp2, tmp1 - tmp2, tmp0 - tmp3];

    let [tmp0, tmp1, tmp2, tmp3] = [input[7], input[5], input[3], input[1]];
    let z5 = (tmp0 + tmp2 + tmp1 + tmp3) * FIX_1_175875602;
    let z1 = -(tmp0 + tmp3) * FIX_0_899976223;
    let z2 = -(tmp1 + tmp2) * FIX_2_562915447;
    let z3 = z5 - (tmp0 + tmp2) * FIX_1_961570560;
    let z4 = z5 - (tmp1 + tmp3) * FIX_0_390180644;
    let odd = [
        tmp3 * FIX_1_501321110 + z1 + z4,
        tmp2 * FIX_3_072711026 + z2 + z3,
        tmp1 * FIX_2_053119869 + z2 + z4,
        tmp0 * FIX_0_298631336 + z1 + z3,
    ];
    let rounded = |value: i64| (value + (1 << (bits - 1))) >> bits;
    std::array::from_fn(|index| {
        if index < 4 {
            rounded(even[index] + odd[index])
        } else {
            rounded(even[7 - index] - odd[7 - index])
        }
    })
}
