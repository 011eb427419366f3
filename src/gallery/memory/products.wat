;; The inner products of rows of int8 with a query of int16, exact in int32: the build assembles this file.
(module
  (import "env" "memory" (memory 1 16384 shared))

  ;; Writes int32[rows] to $out: the products of int8[rows, stride] at $codes and int16[stride] at $query. The stride is a
  ;; multiple of 16, $rows is at least 1, and the caller sees to it that no sum leaves int32.
  (func (export "products")
    (param $codes i32) (param $rows i32) (param $stride i32) (param $query i32) (param $out i32)
    (local $end i32) (local $q i32) (local $low v128) (local $high v128)
    (loop $row
      (local.set $end (i32.add (local.get $codes) (local.get $stride)))
      (local.set $q (local.get $query))
      (local.set $low (v128.const i32x4 0 0 0 0))
      (local.set $high (v128.const i32x4 0 0 0 0))
      (loop $column
        (local.set $low (i32x4.add (local.get $low)
          (i32x4.dot_i16x8_s (v128.load8x8_s (local.get $codes)) (v128.load (local.get $q)))))
        (local.set $high (i32x4.add (local.get $high)
          (i32x4.dot_i16x8_s (v128.load8x8_s offset=8 (local.get $codes)) (v128.load offset=16 (local.get $q)))))
        (local.set $q (i32.add (local.get $q) (i32.const 32)))
        (br_if $column (i32.lt_u
          (local.tee $codes (i32.add (local.get $codes) (i32.const 16))) (local.get $end))))
      ;; The sum of the four lanes of both.
      (local.set $low (i32x4.add (local.get $low) (local.get $high)))
      (local.set $low (i32x4.add (local.get $low)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $low) (local.get $low))))
      (i32.store (local.get $out)
        (i32.add (i32x4.extract_lane 0 (local.get $low)) (i32x4.extract_lane 1 (local.get $low))))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (br_if $row (local.tee $rows (i32.sub (local.get $rows) (i32.const 1)))))))
