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
    let mut __lw_call = ::lockwork::__private::begin::<
        Result<u32, Error>,
    >(
        {
            static __LW_POLICY: ::lockwork::__private::Policy = ::lockwork::__private::Policy::new();
            &__LW_POLICY
        },
        ::core::option::Option::None,
        &::std::format!("job:{day}:{a}"),
    );
    loop {
        let __lw_attempt = match __lw_call.next().await {
            ::lockwork::__private::Step::Run(__lw_attempt) => __lw_attempt,
            ::lockwork::__private::Step::Return(__lw_returned) => return __lw_returned,
        };
        let __lw_driven = {
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding,
            )]
            let day = ::lockwork::__private::clone_arg(&day);
            let _ = &day;
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding,
            )]
            let out = &mut *out;
            let __lw_arg3 = ::lockwork::__private::clone_arg(&rest);
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding,
            )]
            let a = ::lockwork::__private::clone_arg(&a);
            let _ = &a;
            let __lw_arg5 = &mut *b;
            #[cfg(unix)]
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding,
            )]
            let uid = ::lockwork::__private::clone_arg(&uid);
            let __lw_lent = ::lockwork::__private::lend::<Attempt>(&__lw_attempt);
            ::lockwork::__private::drive(
                    &__lw_attempt,
                    async move {
                        if let ::core::option::Option::Some(returned) = ::core::option::Option::None::<
                            Result<u32, Error>,
                        > {
                            return returned;
                        }
                        #[allow(
                            clippy::no_effect_underscore_binding,
                            clippy::shadow_reuse,
                            clippy::shadow_same,
                            clippy::shadow_unrelated,
                            clippy::used_underscore_binding,
                        )]
                        let mut rest = __lw_arg3;
                        #[allow(
                            clippy::no_effect_underscore_binding,
                            clippy::shadow_reuse,
                            clippy::shadow_same,
                            clippy::shadow_unrelated,
                            clippy::used_underscore_binding,
                        )]
                        let mut b = __lw_arg5;
                        let attempt: &Attempt = __lw_lent;
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
