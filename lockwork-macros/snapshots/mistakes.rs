//! #[global_once(kee = "job", timeout_ms = 0)]
//! /// Works.
//! async fn job(mut day: u32, #[attempt] attempt: &Attempt) -> Result<u32, Error> { Ok(day) }

/// Works.
#[allow(unused, clippy::all, clippy::pedantic)]
async fn job(mut day: u32) -> Result<u32, Error> {
    use ::lockwork::__private as __lw_runtime;
    let _ = __lw_runtime::begin::<
        Result<u32, Error>,
        __lw_runtime::Is<_>,
        __lw_runtime::Is<_>,
    >(
        {
            static __LW_POLICY: __lw_runtime::Policy = __lw_runtime::Policy::new();
            &__LW_POLICY
        },
        ::core::option::Option::None,
        "",
    );
    let _ = __lw_runtime::clone_arg(&day);
    let attempt: &Attempt = ::core::unreachable!();
    { Ok(day) }
}
::core::compile_error! {
    "unknown argument `kee`; did you mean `key`?"
}
::core::compile_error! {
    "`timeout_ms` must not be zero: it is how long a silent process counts as alive, so write at least 100 ms"
}
