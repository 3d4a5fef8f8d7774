//! #[global_once(key = "job:{day}:{a}", retain = "forever")]
//! async fn job(day: u32, name: &str, out: &mut Vec<u8>, mut rest: String, (a, mut b): (u8, &mut u8),
//!             #[cfg(unix)] uid: u32, _: u8, #[attempt] attempt: &Attempt) -> Result<u32, Error> { Ok(1) }

async fn job(
    day: u32,
    name: &str,
    out: &mut Vec<u8>,
    rest: String,
    (a, b): (u8, &mut u8),
    #[cfg(unix)]
    uid: u32,
    _: u8,
) -> Result<u32, Error> {
    use ::lockwork::__private as __lw_runtime;
    let mut __lw_call = __lw_runtime::begin::<
        Result<u32, Error>,
        __lw_runtime::Is<_>,
        __lw_runtime::Is<_>,
    >(
        {
            static __LW_POLICY: __lw_runtime::Policy = __lw_runtime::Policy::new();
            &__LW_POLICY
        },
        ::core::option::Option::None,
        &::std::format!("job:{day}:{a}"),
    );
    loop {
        let __lw_attempt = match __lw_call.next().await {
            __lw_runtime::Step::Run(__lw_attempt) => __lw_attempt,
            __lw_runtime::Step::Return(__lw_returned) => return __lw_returned,
        };
        let __lw_driven = {
            let __lw_arg0 = __lw_runtime::carry(__lw_runtime::clone_arg(&day));
            let __lw_arg1 = &mut *out;
            let __lw_arg2 = __lw_runtime::carry(__lw_runtime::clone_arg(&rest));
            let __lw_arg3 = __lw_runtime::carry(__lw_runtime::clone_arg(&a));
            let __lw_arg4 = &mut *b;
            #[cfg(unix)]
            let __lw_arg5 = __lw_runtime::carry(__lw_runtime::clone_arg(&uid));
            let attempt: &Attempt = __lw_runtime::lend::<Attempt>(&__lw_attempt);
            __lw_runtime::drive(
                    &__lw_attempt,
                    async move {
                        if let ::core::option::Option::Some(returned) = ::core::option::Option::None::<
                            Result<u32, Error>,
                        > {
                            return returned;
                        }
                        #[allow(
                            clippy::shadow_reuse,
                            clippy::shadow_same,
                            clippy::shadow_unrelated
                        )]
                        let day = *__lw_arg0;
                        let _ = &day;
                        #[allow(
                            clippy::shadow_reuse,
                            clippy::shadow_same,
                            clippy::shadow_unrelated
                        )]
                        let out = __lw_arg1;
                        #[allow(
                            clippy::shadow_reuse,
                            clippy::shadow_same,
                            clippy::shadow_unrelated
                        )]
                        let mut rest = *__lw_arg2;
                        #[allow(
                            clippy::shadow_reuse,
                            clippy::shadow_same,
                            clippy::shadow_unrelated
                        )]
                        let a = *__lw_arg3;
                        let _ = &a;
                        #[allow(
                            clippy::shadow_reuse,
                            clippy::shadow_same,
                            clippy::shadow_unrelated
                        )]
                        let mut b = __lw_arg4;
                        #[cfg(unix)]
                        #[allow(
                            clippy::shadow_reuse,
                            clippy::shadow_same,
                            clippy::shadow_unrelated
                        )]
                        let uid = *__lw_arg5;
                        match () {
                            () => Ok(1),
                        }
                    },
                )
                .await
        };
        if let ::core::option::Option::Some(__lw_returned) = __lw_call
            .settle(__lw_driven)
        {
            return __lw_returned;
        }
    }
}
