//! #[global_once(key = "job")]
//! async fn job(mut self: Box<Self>) -> Result<u32, Error> { self.bump(); Ok(self.count) }

async fn job(self: Box<Self>) -> Result<u32, Error> {
    let mut __lw_call = ::lockwork::__private::begin::<
        Result<u32, Error>,
    >(
        {
            static __LW_POLICY: ::lockwork::__private::Policy = ::lockwork::__private::Policy::new();
            &__LW_POLICY
        },
        ::core::option::Option::None,
        "job",
    );
    loop {
        let __lw_attempt = match __lw_call.next().await {
            ::lockwork::__private::Step::Run(__lw_attempt) => __lw_attempt,
            ::lockwork::__private::Step::Return(__lw_returned) => return __lw_returned,
        };
        let __lw_driven = {
            let lw_self = ::lockwork::__private::clone_arg(&self);
            let _ = &lw_self;
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
                        let mut lw_self = lw_self;
                        let _ = &lw_self;
                        match () {
                            () => {
                                lw_self.bump();
                                Ok(lw_self.count)
                            }
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
